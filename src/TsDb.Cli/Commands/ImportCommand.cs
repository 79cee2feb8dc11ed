using System.CommandLine;
using System.Globalization;
using TsDb.Cli.Importing;
using TsDb.Cli.Nodes;
using TsDb.Cli.Writing;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb import</c>: rows of a CSV or Parquet file to an edge.</summary>
internal static class ImportCommand
{
    public static Command Create(CommonOptions common)
    {
        Argument<string> file = new("file") { Description = "A .csv, .csv.gz or .parquet file" };
        Option<string> table = new("--table") { Description = "The table to write to", Required = true };
        Option<string> time = new("--time")
        {
            Description = "Column with the time: a timestamp, RFC 3339, or a whole number since 1970",
            DefaultValueFactory = _ => "time",
        };
        Option<string?> tags = new("--tags")
        {
            Description = "Columns that are tags, comma-separated; \"\" is none "
                + "[default: the table's, and every other text column]",
        };
        Option<string?> types = new("--types")
        {
            Description = "Types of fields, such as v=float,n=uint (float, int, uint, bool or string) "
                + "[default: the table's, else the file's; for CSV the narrowest that holds every value]",
        };
        Option<string> precision = new("--precision")
        {
            Description = "Unit of times that are whole numbers: ns, us, ms or s",
            DefaultValueFactory = _ => "ns",
        };
        precision.AcceptOnlyFromAmong("ns", "us", "ms", "s");
        Option<string?> delimiter = new("--delimiter")
        {
            Description = "What separates the values of CSV [default: , ; TAB or |, as in its first line]",
        };
        Command command = new("import", "Write the rows of a CSV or Parquet file to an edge.")
        {
            file, table, time, tags, types, precision, delimiter,
        };
        common.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            using ImportFile input =
                ImportFile.Open(parsed.GetRequiredValue(file), Delimiter(parsed.GetValue(delimiter)));
            string target = parsed.GetRequiredValue(table);
            using NodeClient node = new(parsed.GetRequiredValue(common.Url));
            ImportRequest request = new(
                target,
                parsed.GetRequiredValue(time),
                parsed.GetValue(tags) is { } names ? Split(names) : null,
                Types(parsed.GetValue(types)))
            {
                Known = await TableColumns.AskAsync(
                    node, parsed.GetRequiredValue(common.Database), target, ct),
            };
            await using HttpLineSink sink = new(
                parsed.GetRequiredValue(common.Url), parsed.GetRequiredValue(common.Database), "ns",
                    TimeProvider.System);
            return await RunAsync(input, request, Unit(parsed.GetRequiredValue(precision)), sink, ct);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        ImportFile file, ImportRequest request, long unitNanoseconds, HttpLineSink sink, CancellationToken ct)
    {
        LookProgress look = new(TimeProvider.System);
        IReadOnlyList<ImportColumn> columns = ImportPlan.Columns(file, request, () =>
        {
            ct.ThrowIfCancellationRequested();
            look.Row(file.Share);
        });
        look.Finish();
        await Console.Error.WriteLineAsync(Words(request, columns));
        int timeColumn = ImportPlan.TimeColumn(file, request);
        RowLines lines = new(request.Table, columns, timeColumn, unitNanoseconds);
        WriteProgress progress = new(TimeProvider.System);
        ImportRun run = new(file, lines, sink, Console.Error);
        await run.RunAsync(timeColumn, progress, ct);
        Console.WriteLine(progress.Finish());
        if (lines.NotFiniteCount > 0)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{lines.NotFiniteCount} values are NaN or infinite and were left out: "
                + $"line protocol has neither"));
        }

        if (run.Refused == 0) return 0;
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{run.Refused} {(run.Refused == 1 ? "row was" : "rows were")} refused; the others are stored"));
        return 1;
    }

    private static string Words(ImportRequest request, IReadOnlyList<ImportColumn> columns)
    {
        string List(ColumnRole role) => string.Join(", ", columns.Where(column => column.Role == role)
            .Select(column => role == ColumnRole.Tag ? column.Name : $"{column.Name} ({Word(column.Type)})"));
        string tags = List(ColumnRole.Tag);
        return $"table {request.Table}: time {request.Time}; "
            + $"tags {(tags.Length == 0 ? "none" : tags)}; fields {List(ColumnRole.Field)}";
    }

    private static string Word(FieldType type) => type switch
    {
        FieldType.Float64 => "float",
        FieldType.Int64 => "int",
        FieldType.UInt64 => "uint",
        FieldType.Boolean => "bool",
        _ => "string",
    };

    private static string[] Split(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Dictionary<string, FieldType> Types(string? list)
    {
        Dictionary<string, FieldType> types = new(StringComparer.Ordinal);
        foreach (string item in Split(list ?? ""))
        {
            int equals = item.LastIndexOf('=');
            FieldType? type = equals <= 0 ? null : item[(equals + 1)..].ToUpperInvariant() switch
            {
                "FLOAT" or "DOUBLE" => FieldType.Float64,
                "INT" or "INTEGER" or "LONG" => FieldType.Int64,
                "UINT" or "UNSIGNED" => FieldType.UInt64,
                "BOOL" or "BOOLEAN" => FieldType.Boolean,
                "STRING" or "TEXT" => FieldType.String,
                _ => null,
            };
            types[item[..Math.Max(0, equals)]] = type ?? throw new TsDbException(ErrorKind.Invalid,
                $"--types: '{item}' is not column=type with float, int, uint, bool or string");
        }

        return types;
    }

    private static char? Delimiter(string? text) => text switch
    {
        null => null,
        "\\t" or "tab" or "TAB" => '\t',
        { Length: 1 } => text[0],
        _ => throw new TsDbException(ErrorKind.Invalid, "--delimiter takes one character, or tab"),
    };

    private static long Unit(string precision) => precision switch
    {
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" => 1_000,
        _ => 1,
    };
}
