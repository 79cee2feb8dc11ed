using System.CommandLine;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb query</c>: one SQL statement, the answer as a table or in a format for
/// programs.</summary>
internal static class QueryCommand
{
    /// <summary>A table is held in memory to align it; beyond this many rows it is printed in
    /// parts.</summary>
    private const int TableRowsMax = 10_000;

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
            await RunAsync(node, options.Read(parsed, parsed.GetRequiredValue(common.Database), text), ct);
        });
        return command;
    }

    /// <summary>Runs the statement and prints the answer; rows that are not complete are said on standard
    /// error.</summary>
    public static async Task RunAsync(NodeClient node, QueryCall call, CancellationToken ct)
    {
        bool table = call.Format == "table";
        using HttpResponseMessage response =
            await node.QueryAsync(table ? call with { Format = "csv" } : call, ct);
        await using Stream body = await response.Content.ReadAsStreamAsync(ct);
        if (table)
        {
            await PrintTableAsync(body);
        }
        else
        {
            await using Stream output = Console.OpenStandardOutput();
            await body.CopyToAsync(output, ct);
        }

        if (response.Headers.TryGetValues("X-TsDb-Coverage", out IEnumerable<string>? coverage))
            CoverageText.WarnIfIncomplete(string.Concat(coverage), Console.Error);
    }

    private static async Task PrintTableAsync(Stream body)
    {
        using StreamReader reader = new(body);
        TextTable? table = null;
        string[] header = [];
        long rows = 0;
        await foreach (string[] record in CsvRows.ReadAsync(reader))
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
            table.Print(Console.Out);
            table = new TextTable(header);
        }

        if (table is { RowCount: > 0 } || rows == 0) table?.Print(Console.Out);
        Console.WriteLine(rows == 1 ? "(1 row)" : $"({rows} rows)");
    }
}
