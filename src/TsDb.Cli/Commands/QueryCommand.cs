using System.CommandLine;
using System.Text;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb query</c>: one SQL statement, the answer as a table or in a format for
/// programs.</summary>
internal static class QueryCommand
{
    /// <summary>A table is held in memory to align it; beyond this many rows it is printed in
    /// parts.</summary>
    private const int TableRowsMax = 10_000;

    private const int ChartRowsMax = 100_000;
    private const int ChartWidth = 100;
    private const int ChartHeight = 16;

    public static Command Create(CommonOptions common)
    {
        Argument<string> sql =
            new("sql") { Description = "The SELECT statement; - reads it from standard input" };
        QueryOptions options = new();
        Command command =
            new("query", "Ask a node in SQL. Any node answers: an edge for its own points, a cloud node "
            + "for the whole fleet.") { sql };
        common.AddTo(command);
        options.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            string text = parsed.GetRequiredValue(sql);
            if (text == "-") text = await Console.In.ReadToEndAsync(ct);
            using NodeClient node = new(parsed.GetRequiredValue(common.Url));
            QueryCall call = options.Read(parsed, parsed.GetRequiredValue(common.Database), text);
            await using Stream output = Console.OpenStandardOutput();
            await RunAsync(node, call, output, ct);
        });
        return command;
    }

    /// <summary>
    /// Runs the statement and prints the answer; rows that are not complete are said on standard error.
    /// Answers the coverage as the node said it; null if it said none.
    /// </summary>
    public static async Task<string?> RunAsync(
        NodeClient node, QueryCall call, Stream output, CancellationToken ct)
    {
        bool isForPeople = call.Format is "table" or "chart";
        using HttpResponseMessage response =
            await node.QueryAsync(isForPeople ? call with { Format = "csv" } : call, ct);
        await using Stream body = await response.Content.ReadAsStreamAsync(ct);
        await node.WhileAliveAsync(
            async token =>
            {
                await PrintAsync(body, call.Format, output, token);
                return true;
            },
            ct);
        if (!response.Headers.TryGetValues("X-TsDb-Coverage", out IEnumerable<string>? said)) return null;
        string coverage = string.Concat(said);
        CoverageText.WarnIfIncomplete(coverage, Console.Error);
        return coverage;
    }

    private static async Task PrintAsync(Stream body, string format, Stream output, CancellationToken ct)
    {
        if (format is not ("table" or "chart"))
        {
            await body.CopyToAsync(output, ct);
            return;
        }

        await using StreamWriter text = new(output, new UTF8Encoding(false), leaveOpen: true);
        if (format == "chart") await PrintChartAsync(body, text, ct);
        else await PrintTableAsync(body, text, ct);
    }

    private static async Task PrintChartAsync(Stream body, StreamWriter output, CancellationToken ct)
    {
        using StreamReader reader = new(body);
        List<string[]> rows = [];
        await foreach (string[] record in CsvRows.ReadAsync(reader).WithCancellation(ct))
        {
            if (rows.Count > ChartRowsMax)
            {
                throw new TsDbException(
                    ErrorKind.TooLarge,
                    $"a chart has up to {ChartRowsMax} rows: take buckets of time, or lttb(time, v, 200)");
            }

            rows.Add(record);
        }

        if (rows.Count < 2)
        {
            await output.WriteLineAsync("(0 rows)");
            return;
        }

        TimeChart chart = TimeChart.Of(rows[0], rows[1..]) ?? throw new TsDbException(
            ErrorKind.Invalid, "a chart needs a column of times and one of numbers");
        bool isTerminal = !Console.IsOutputRedirected;
        int width = isTerminal ? Console.WindowWidth : ChartWidth;
        chart.Print(output, width, ChartHeight, hasColours: isTerminal);
    }

    private static async Task PrintTableAsync(
        Stream body, StreamWriter output, CancellationToken ct)
    {
        using StreamReader reader = new(body);
        TextTable? table = null;
        string[] header = [];
        long rows = 0;
        await foreach (string[] record in CsvRows.ReadAsync(reader).WithCancellation(ct))
        {
            if (table is null)
            {
                header = record;
                table = new TextTable(header);
                continue;
            }

            table.Add(record);
            rows++;
            if (table.RowCount < TableRowsMax) continue;
            table.Print(output);
            table = new TextTable(header);
        }

        if (table is { RowCount: > 0 } || rows == 0) table?.Print(output);
        await output.WriteLineAsync(rows == 1 ? "(1 row)" : $"({rows} rows)");
    }
}
