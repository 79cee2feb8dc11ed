using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>The error of bytes that are not what was written.</summary>
internal static class Damage
{
    /// <summary>An error of kind <see cref="ErrorKind.Corrupt"/> to throw.</summary>
    public static TsDbException Found(string what) => new(ErrorKind.Corrupt, what);
}
