using System.Globalization;
using TsDb.Codec.Wal;
using TsDb.Model;

namespace TsDb.Storage.Wal;

/// <summary>A file of the log: its place in the row of files, its random id, and what it holds.</summary>
/// <param name="Number">Later files have higher numbers.</param>
/// <param name="Id">The id that every frame of the file carries.</param>
/// <param name="Last">The last commit in it; zero while there is none.</param>
/// <param name="BytesLength">Size of its whole frames.</param>
internal sealed record LogFile(long Number, WalFileId Id, CommitSequence Last, long BytesLength)
{
    public const string Folder = "wal";

    /// <summary>Behind the name of a file whose whole frames were salvaged: it is no part of the log any
    /// more.</summary>
    public const string DamagedSuffix = ".damaged";

    private const string Suffix = ".wal";
    private const int NumberDigits = 20;
    private const int IdDigits = 16;

    public string Path => string.Create(CultureInfo.InvariantCulture, $"{Folder}/{Number:D20}-{Id}{Suffix}");

    /// <summary>The file that a path names; null if it is no log file's.</summary>
    public static LogFile? Parse(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        bool shaped = name.Length == NumberDigits + 1 + IdDigits + Suffix.Length
            && name[NumberDigits] == '-' && name.EndsWith(Suffix, StringComparison.Ordinal);
        if (!shaped) return null;
        ReadOnlySpan<char> id = name.AsSpan(NumberDigits + 1, IdDigits);
        return long.TryParse(
            name.AsSpan(0, NumberDigits), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && ulong.TryParse(
                id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            ? new LogFile(number, new WalFileId(value), default, 0)
            : null;
    }
}
