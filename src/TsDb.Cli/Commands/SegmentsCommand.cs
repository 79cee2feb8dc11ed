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
    public static Command Create()
    {
        Argument<string[]> files = new("files")
        {
            Description = "Segment files, or folders to search for *.parquet",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<bool> verify =
            new("--verify") { Description = "Decode every row and check it against the manifest" };
        Command inspect =
            new("inspect", "Show what segment files say of themselves: cell, ordinals, rows, columns.")
        {
            files, verify,
        };
        inspect.SetAction(parsed => Inspect(parsed.GetRequiredValue(files), parsed.GetValue(verify)));
        return new Command("segments", "Look into segment files on disk.") { inspect };
    }

    private static int Inspect(string[] paths, bool verify)
    {
        int broken = 0;
        foreach (string path in paths.SelectMany(Expand))
        {
            try
            {
                Print(path, verify);
            }
            catch (TsDbException e)
            {
                broken++;
                Console.Error.WriteLine($"{path}: {e.Message}");
            }
        }

        return broken == 0 ? 0 : 1;
    }

    private static IEnumerable<string> Expand(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path, "*.parquet", SearchOption.AllDirectories).Order(
            StringComparer.Ordinal)
        : [path];

    private static void Print(string path, bool verify)
    {
        byte[] bytes = File.ReadAllBytes(path);
        using SegmentReader reader = SegmentReader.Open(new MemoryStream(bytes), path);
        if (verify) reader.Verify();
        SegmentManifest manifest = reader.Manifest;
        Console.WriteLine(path);
        TextTable facts = new("what", "value");
        facts.Add("cell", manifest.Cell.ToString());
        facts.Add("incarnation", manifest.Incarnation.ToString());
        facts.Add("ordinals", string.Create(
            CultureInfo.InvariantCulture,
                $"{manifest.Ordinals.First.Value}..{manifest.Ordinals.Last.Value}"));
        facts.Add("rows", manifest.Rows.ToString(CultureInfo.InvariantCulture));
        facts.Add("series", manifest.SeriesCount.ToString(CultureInfo.InvariantCulture));
        facts.Add("row groups", reader.RowGroupCount.ToString(CultureInfo.InvariantCulture));
        facts.Add("file", ByteSizeText.Format(bytes.Length));
        double values = Math.Max(1, (double)manifest.Rows * manifest.Fields.Length);
        facts.Add("bytes per value", (bytes.Length / values).ToString("0.000", CultureInfo.InvariantCulture));
        facts.Add("SHA-256", ContentHash.Of(bytes).ToString());
        facts.Add("tags", string.Join(", ", manifest.Tags.Select(t => t.Name)));
        facts.Add("fields", string.Join(", ", manifest.Fields.Select(f => $"{f.Name} {f.Type}")));
        if (verify) facts.Add("verified", "every row decoded, sorted, unique, inside the cell");
        facts.Print(Console.Out);
        Console.WriteLine();
    }
}
