using System.CommandLine;
using System.Globalization;
using TsDb.Adapters.Hosting;
using TsDb.Cli.Output;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb segments</c>: looks into segment files; no node needs to run.</summary>
internal static class SegmentsCommand
{
    private const int BitsPerDigit = 4;

    public static Command Create()
    {
        Argument<string[]> files = new("files")
        {
            Description = "Segment files, or folders to search for *.parquet",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<bool> verify =
            new("--verify") { Description = "Decode every row and check it against the manifest" };
        Option<string?> hash = new("--hash")
        {
            Description =
                "The SHA-256 that the file should have, or its first digits (else the file's name says it)",
        };
        Command inspect =
            new("inspect",
                "Show what segment files are: manifest, columns, encodings, bytes per value; check the hash.")
        {
            files, verify, hash,
        };
        inspect.SetAction(parsed =>
            Inspect(parsed.GetRequiredValue(files), parsed.GetValue(verify), parsed.GetValue(hash)));
        return new Command("segments", "Look into segment files on disk.") { inspect };
    }

    private static int Inspect(string[] paths, bool verify, string? hash)
    {
        if (hash is not null && (hash.Length is 0 or > 2 * ContentHash.BytesLength
            || !hash.All(char.IsAsciiHexDigit)))
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"--hash '{hash}': use up to 64 hexadecimal digits of a SHA-256");
        }

        int broken = 0;
        foreach (string path in paths.SelectMany(Expand).ToArray())
        {
            try
            {
                Print(path, verify, hash);
            }
            catch (TsDbException e)
            {
                broken++;
                bool isNamed = e.Message.Contains(path, StringComparison.Ordinal);
                Console.Error.WriteLine(isNamed ? e.Message : $"{path}: {e.Message}");
            }
        }

        return broken == 0 ? 0 : 1;
    }

    private static string[] Expand(string path)
    {
        if (!Directory.Exists(path)) return [path];
        string[] files = Directory.GetFiles(path, "*.parquet", SearchOption.AllDirectories);
        if (files.Length == 0)
            throw new TsDbException(ErrorKind.NotFound, $"there is no segment (*.parquet) below {path}");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    private static void Print(string path, bool verify, string? hashWanted)
    {
        byte[] bytes = File.ReadAllBytes(path);
        using SegmentReader reader = SegmentReader.Open(new MemoryStream(bytes), path);
        if (verify) reader.Verify();
        SegmentManifest manifest = reader.Manifest;
        ContentHash hash = ContentHash.Of(bytes);
        Console.WriteLine(path);
        TextTable facts = new("what", "value");
        facts.Add("cell", manifest.Cell.ToString());
        facts.Add("incarnation", manifest.Incarnation.ToString());
        facts.Add("ordinals", string.Create(
            CultureInfo.InvariantCulture,
                $"{manifest.Ordinals.First.Value}..{manifest.Ordinals.Last.Value}"));
        facts.Add("from", Moment(manifest.Range.StartNanoseconds));
        facts.Add("until before", Moment(manifest.Range.EndNanoseconds));
        facts.Add("rows", manifest.Rows.ToString(CultureInfo.InvariantCulture));
        facts.Add("series", manifest.SeriesCount.ToString(CultureInfo.InvariantCulture));
        facts.Add("row groups", reader.RowGroupCount.ToString(CultureInfo.InvariantCulture));
        facts.Add("file", ByteSizeText.Format(bytes.Length));
        IReadOnlyList<SegmentColumn> columns = reader.DescribeColumns();
        long values = columns.Where(c => c.Logical.Role == ColumnRole.Field).Sum(c => c.ValuesCount);
        facts.Add("footer", ByteSizeText.Format(bytes.Length - columns.Sum(c => c.BytesLength)));
        facts.Add("bytes per value", PerValue(bytes.Length, values));
        facts.Add("SHA-256", $"{hash} ({HashVerdict(path, hash, hashWanted)})");
        if (verify) facts.Add("verified", "every row decoded, sorted, unique, inside the cell");
        facts.Print(Console.Out);
        Console.WriteLine();
        TextTable table =
            new("column", "role", "type", "stored as", "encoding", "values", "bytes", "bytes per value");
        foreach (SegmentColumn column in columns)
        {
            table.Add(
                column.Logical.Name, column.Logical.Role.ToString(), column.Logical.Type.ToString(),
                column.Storage, column.Encodings, column.ValuesCount.ToString(CultureInfo.InvariantCulture),
                column.BytesLength.ToString(CultureInfo.InvariantCulture),
                PerValue(column.BytesLength, column.ValuesCount));
        }

        table.Print(Console.Out);
        Console.WriteLine();
    }

    private static string Moment(long nanoseconds)
    {
        (long ticks, long rest) = Math.DivRem(nanoseconds, TimeSpan.NanosecondsPerTick);
        if (rest < 0) (ticks, rest) = (ticks - 1, rest + TimeSpan.NanosecondsPerTick);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddTicks(ticks):yyyy-MM-dd HH:mm:ss.fffffff}{rest:00}Z");
    }

    private static string PerValue(long bytes, long values) =>
        (bytes / (double)Math.Max(1, values)).ToString("0.000", CultureInfo.InvariantCulture);

    // Names of segment files end with the first digits of their hash, but for those that programs before 0.2
    // sealed.
    private static string HashVerdict(string path, ContentHash hash, string? wanted)
    {
        string? digits = wanted ?? ContentHash.DigitsIn(Path.GetFileName(path));
        if (digits is null) return "its name does not say which it should be: give it with --hash";
        if (!hash.ToString().StartsWith(digits, StringComparison.OrdinalIgnoreCase))
        {
            throw new TsDbException(
                ErrorKind.Corrupt,
                $"{path} is damaged: its SHA-256 is {hash}, not {digits}{(IsWhole() ? "" : "...")}");
        }

        string part = IsWhole() ? "" : string.Create(
            CultureInfo.InvariantCulture, $"the first {digits.Length * BitsPerDigit} bits ");
        return part + (wanted is null ? "as its name says" : "as asked");

        bool IsWhole() => digits.Length == 2 * ContentHash.BytesLength;
    }
}
