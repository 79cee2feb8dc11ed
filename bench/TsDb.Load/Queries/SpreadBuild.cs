using TsDb.Model;

namespace TsDb.Load.Queries;

/// <summary>The programs of one build that clusters run: side by side in one run, two builds tell a
/// difference that is smaller than what separates two runs.</summary>
/// <param name="Name">What the table calls it; empty for this build, alone.</param>
/// <param name="Programs">The folder of its launchers; empty for those of this build.</param>
internal sealed record SpreadBuild(string Name, string Programs)
{
    /// <summary>This build, alone.</summary>
    public static readonly SpreadBuild This = new("", "");

    /// <summary>
    /// Reads <c>NAME=FOLDER,NAME=FOLDER</c>; this build alone if nothing is given. Throws
    /// <see cref="ErrorKind.Invalid"/> for anything else, and for a folder without the programs.
    /// </summary>
    public static IReadOnlyList<SpreadBuild> Parse(string? text) =>
        string.IsNullOrEmpty(text) ? [This] : [.. text.Split(',').Select(One)];

    private static SpreadBuild One(string text)
    {
        int equals = text.IndexOf('=');
        if (equals <= 0)
            throw new TsDbException(ErrorKind.Invalid, $"LOAD_BUILDS: '{text}' is not NAME=FOLDER");
        string folder = Path.GetFullPath(text[(equals + 1)..]);
        if (!File.Exists(Path.Combine(folder, "tsdb-cloud")))
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"LOAD_BUILDS: no tsdb-cloud in {folder}: name artifacts/bin of a tree after 'make build'");
        }

        return new SpreadBuild(text[..equals], folder);
    }
}
