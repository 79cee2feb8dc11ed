using System.Runtime.CompilerServices;
using TsDb.Model;

namespace TsDb.Tests.Formats;

/// <summary>
/// Bytes of every version so far are read and hold what is known; those of a newer program are refused, and
/// the refusal says what to do. README.md beside this file says how a version gets its golden file.
/// </summary>
public sealed class FormatTests
{
    private static readonly Dictionary<string, Format> Formats =
        DiskFormats.All.Concat(WireFormats.All).ToDictionary(format => format.Name);

    public static TheoryData<string> Names => [.. Formats.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_version_so_far_is_read_and_holds_what_is_known(string name)
    {
        Format format = Formats[name];
        for (int version = 1; version <= format.Version; version++)
        {
            string path = PathOf(format.FileOf(version));
            if (version < format.Version && !File.Exists(path)) continue;
            byte[] golden = File.ReadAllBytes(path);
            Assert.Equal(format.Inside(format.Bytes), format.Inside(format.Again(golden)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Todays_version_is_written_as_it_always_was(string name)
    {
        Format format = Formats[name];
        string path = PathOf(format.FileOf(format.Version));
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("TSDB_GOLDEN") == "write")
            File.WriteAllBytes(path, format.Bytes);
        Assert.Equal(format.Inside(File.ReadAllBytes(path)), format.Inside(format.Bytes));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Bytes_of_a_newer_program_are_refused_and_the_refusal_says_what_to_do(string name)
    {
        foreach (byte[] newer in Formats[name].Newer)
        {
            TsDbException error = Assert.Throws<TsDbException>(() => Formats[name].Again(newer));
            Assert.Equal(ErrorKind.Invalid, error.Kind);
            Assert.Contains("start a newer one", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_a_later_program_adds_to_a_known_version_is_passed_over_or_refused_whole(string name)
    {
        Format format = Formats[name];
        if (format.WithMore is not { } more) return;
        if (format.RefusesMore)
        {
            TsDbException error = Assert.Throws<TsDbException>(() => format.Again(more));
            Assert.Equal(ErrorKind.Corrupt, error.Kind);
            return;
        }

        Assert.NotEqual(format.Inside(format.Bytes), format.Inside(more));
        byte[] again = format.Inside(format.Again(more));
        Assert.Equal(format.Inside(format.Bytes), again);
    }

    [Fact]
    public void No_golden_file_is_forgotten()
    {
        string[] known =
        [
            .. Formats.Values.SelectMany(
                format => Enumerable.Range(1, format.Version).Select(format.FileOf)),
        ];
        Assert.Empty(Directory.GetFiles(PathOf("")).Select(Path.GetFileName).Except(known));
    }

    internal static string PathOf(string name, [CallerFilePath] string source = "") =>
        Path.Combine(Path.GetDirectoryName(source)!, "golden", name);
}
