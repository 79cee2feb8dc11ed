using System.CommandLine;
using System.Text;
using TsDb.Adapters.DuckDb;
using TsDb.Cli.Writing;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb import</c>: rows of a CSV or Parquet file to an edge.</summary>
internal static class ImportCommand
{
    private const int LinesPerRequest = 5_000;

    public static Command Create(CommonOptions common)
    {
        Argument<string> file = new("file") { Description = "A .csv, .csv.gz or .parquet file" };
        Option<string> table = new("--table") { Description = "The table to write to", Required = true };
        Option<string> time = new("--time")
        {
            Description = "Column with the time: a timestamp, or nanoseconds since 1970",
            DefaultValueFactory = _ => "time",
        };
        Option<string?> tags = new("--tags")
        {
            Description = "Columns that are tags, comma-separated [default: every text column]",
        };
        Command command =
            new("import", "Write the rows of a CSV or Parquet file to an edge.") { file, table, time, tags };
        common.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            using FileImport import = FileImport.Open(parsed.GetRequiredValue(file));
            string[]? tagNames = parsed.GetValue(tags)?.Split(
                ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            IEnumerable<string> lines = import.Lines(
                parsed.GetRequiredValue(table), parsed.GetRequiredValue(time), tagNames);
            await using HttpLineSink sink = new(
                parsed.GetRequiredValue(common.Url), parsed.GetRequiredValue(common.Database), "ns",
                    TimeProvider.System);
            return await RunAsync(lines, sink, ct);
        });
        return command;
    }

    private static async Task<int> RunAsync(IEnumerable<string> lines, HttpLineSink sink,
        CancellationToken ct)
    {
        WriteProgress progress = new(TimeProvider.System);
        foreach (string[] chunk in lines.Chunk(LinesPerRequest))
        {
            LineBatch batch = new(Encoding.UTF8.GetBytes(string.Join('\n', chunk)), chunk.Length);
            IReadOnlyList<RefusedLine> refused = await sink.SendAsync(batch, ct);
            if (refused.Count > 0)
            {
                throw new TsDbException(
                    ErrorKind.Conflict,
                    $"{refused.Count} rows were refused, the first: {refused[0].Reason}: {refused[0].Text}");
            }

            progress.Add(batch, refused.Count);
        }

        Console.WriteLine(progress.Finish());
        return 0;
    }
}
