using System.CommandLine;
using TsDb.Adapters.Hosting;
using TsDb.Cli.Nodes;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb export</c>: a table or a query into a CSV or Parquet file, one type a column.</summary>
internal static class ExportCommand
{
    public static Command Create(CommonOptions common)
    {
        Argument<string> file =
            new("file") { Description = "The file to write; its ending (.csv or .parquet) says how" };
        Option<string?> table = new("--table") { Description = "The table to export, whole" };
        Option<string?> sql = new("--sql") { Description = "Or the SELECT whose answer to export" };
        Option<bool> force = new("--force") { Description = "Replace the file if it exists" };
        Command command = new("export", "Write a table or a query's answer to a CSV or Parquet file.")
        {
            file, table, sql, force,
        };
        common.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            string path = parsed.GetRequiredValue(file);
            string select = Statement(parsed.GetValue(table), parsed.GetValue(sql));
            if (File.Exists(path) && !parsed.GetValue(force))
                throw new TsDbException(ErrorKind.Invalid, $"{path} exists: --force replaces it");
            using NodeClient node = new(parsed.GetRequiredValue(common.Url));
            QueryCall call = new(parsed.GetRequiredValue(common.Database), select, Format(path));
            using HttpResponseMessage response = await node.QueryAsync(call, ct);
            long bytes = await node.WhileAliveAsync(token => SaveAsync(response, path, token), ct);
            Console.WriteLine($"{path}: {ByteSizeText.Format(bytes)}");
        });
        return command;
    }

    private static string Statement(string? table, string? sql) => (table, sql) switch
    {
        (not null, null) => $"SELECT * FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
        (null, not null) => sql,
        _ => throw new TsDbException(ErrorKind.Invalid, "say what to export: either --table or --sql"),
    };

    private static string Format(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".CSV" => "csv",
        ".PARQUET" => "parquet",
        _ => throw new TsDbException(ErrorKind.Invalid, $"{path}: the file must end in .csv or .parquet"),
    };

    /// <summary>The file appears under its name only when it is whole.</summary>
    private static async Task<long> SaveAsync(HttpResponseMessage response, string path, CancellationToken ct)
    {
        string partial = path + ".partial";
        await using (FileStream output = File.Create(partial))
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(ct);
            await body.CopyToAsync(output, ct);
        }

        File.Move(partial, path, overwrite: true);
        return new FileInfo(path).Length;
    }
}
