using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using TsDb.Model;

namespace TsDb.Query.Scan;

/// <summary>
/// Writes the SELECT that yields a table's points: <c>time</c>, <c>edge</c> and the resolved columns, every
/// one cast to its resolved type inside its scan. Columns of files and of memory are named by position, so
/// that no name a client chose can collide with another. Pure.
/// </summary>
public static class ScanText
{
    private const string HiveKey = "edge=";

    /// <summary>The text for all parts of a table; a table without parts yields no rows.</summary>
    /// <param name="table">The columns to yield.</param>
    /// <param name="files">Parts of files.</param>
    /// <param name="memory">Rows in memory.</param>
    public static string Points(
        ResolvedTable table,
        IReadOnlyList<FilePart> files,
        IReadOnlyList<MemoryScan> memory)
    {
        List<string> branches = [];
        foreach (var group in files.GroupBy(GroupKey)) branches.Add(Files(table, [.. group]));
        branches.AddRange(memory.Select(scan => Memory(table, scan)));
        return branches.Count == 0 ? Nothing(table) : string.Join("\nUNION ALL\n", branches);
    }

    /// <summary>A name as SQL writes it.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text value as SQL writes it.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>The name of a type in DuckDB.</summary>
    public static string TypeName(ResolvedType type) => type switch
    {
        ResolvedType.Double => "DOUBLE",
        ResolvedType.BigInt => "BIGINT",
        ResolvedType.UBigInt => "UBIGINT",
        ResolvedType.HugeInt => "HUGEINT",
        ResolvedType.Boolean => "BOOLEAN",
        _ => "VARCHAR",
    };

    // Files of several edges share a scan only if their paths say the edge in the way that the reader
    // understands.
    private static (string Layout, TimeRange? Window, string Edge, string Seen) GroupKey(FilePart part)
    {
        FileLayout layout = FileLayout.Of(part.Segment.Manifest);
        string edge = SaysEdge(part, layout) ? "" : part.Segment.Manifest.Cell.Edge.Value;
        return (layout.Signature, part.Window, edge, Seen(layout, part.Tombstones));
    }

    private static bool SaysEdge(FilePart part, FileLayout layout)
    {
        string[] keys =
            [.. part.Segment.Path.Split('/').Where(step => step.Contains('=', StringComparison.Ordinal))];
        return keys.Length == 1
            && keys[0] == HiveKey + part.Segment.Manifest.Cell.Edge.Value
            && !layout.Columns.Any(column => column.Name.Equals("edge", StringComparison.OrdinalIgnoreCase));
    }

    private static string Files(ResolvedTable table, IReadOnlyList<FilePart> parts)
    {
        FileLayout layout = FileLayout.Of(parts[0].Segment.Manifest);
        TimeRange? window = parts[0].Window;
        string[] edges = [.. parts.Select(part => part.Segment.Manifest.Cell.Edge.Value).Distinct()];
        bool isHive = edges.Length > 1;
        string edge = isHive ? $"c{layout.Columns.Length}" : Literal(edges[0]);
        StringBuilder text = new("SELECT ");
        text.Append(
            CultureInfo.InvariantCulture, $"CAST(c0 AS TIMESTAMP_NS) AS \"time\", {edge} AS \"edge\"");
        foreach (ResolvedColumn column in table.Columns)
        {
            int index = IndexOf(layout, column.Name);
            text.Append(", ").Append(Cast(column, index < 0 ? null : layout.Columns[index], index));
        }

        text.Append("\nFROM read_parquet([")
            .AppendJoin(", ", parts.Select(part => Literal(part.Segment.Path)))
            .Append("], hive_partitioning = ")
            .Append(isHive ? "true, hive_types_autocast = false)" : "false)")
            .Append(" AS f(")
            .AppendJoin(
                ", ", Enumerable.Range(0, layout.Columns.Length + (isHive ? 1 : 0)).Select(i => $"c{i}"))
            .Append(')');
        string seen = Seen(layout, parts[0].Tombstones);
        text.Append(Where("c0", window is { } only ? [only] : []));
        if (seen.Length > 0) text.Append(window is null ? "\nWHERE " : " AND ").Append(seen);
        return text.ToString();
    }

    // What rows must be to be in nobody's mask. A tag that is absent meets no condition.
    private static string Seen(FileLayout layout, ImmutableArray<Tombstone> tombstones) => string.Join(
        " AND ",
        tombstones.Select(tombstone =>
        {
            long before = tombstone.BeforeNanoseconds;

            // Of these two the engine makes no times: they are its infinities.
            string late = before is long.MaxValue or long.MinValue + 1
                ? string.Create(CultureInfo.InvariantCulture, $"c0 > make_timestamp_ns({before - 1})")
                : string.Create(CultureInfo.InvariantCulture, $"c0 >= make_timestamp_ns({before})");
            IEnumerable<string> others = tombstone.Where.Select(condition => string.Create(
                CultureInfo.InvariantCulture,
                $"(c{IndexOf(layout, condition.Tag)} IN ("
                    + $"{string.Join(", ", condition.Values.Select(Literal))})) IS NOT TRUE"));
            return $"({string.Join(" OR ", others.Prepend(late))})";
        }));

    private static string Memory(ResolvedTable table, MemoryScan scan)
    {
        StringBuilder text = new("SELECT c0 AS \"time\", c1 AS \"edge\"");
        for (int i = 0; i < table.Columns.Length; i++)
        {
            ResolvedColumn column = table.Columns[i];
            text.Append(
                CultureInfo.InvariantCulture,
                $", CAST(c{i + 2} AS {TypeName(column.Type)}) AS {Quote(column.SqlName)}");
        }

        text.Append("\nFROM ").Append(scan.FunctionCall);
        return text.Append(Where("c0", scan.Windows)).ToString();
    }

    private static string Nothing(ResolvedTable table) =>
        "SELECT CAST(NULL AS TIMESTAMP_NS) AS \"time\", CAST(NULL AS VARCHAR) AS \"edge\""
        + string.Concat(table.Columns.Select(column => ", " + Cast(column, null, -1))) + " WHERE false";

    private static string Cast(ResolvedColumn column, FileColumn? file, int index)
    {
        string value = file is null ? "NULL" : $"c{index}";

        // Decimals of the file are an encoding of doubles: as text they must read like the doubles that they
        // are.
        if (file?.LogicalType == FieldType.Float64) value = $"CAST({value} AS DOUBLE)";
        if (file?.LogicalType != FieldType.Float64 || column.Type != ResolvedType.Double)
            value = $"CAST({value} AS {TypeName(column.Type)})";
        return $"{value} AS {Quote(column.SqlName)}";
    }

    private static string Where(string time, ImmutableArray<TimeRange> windows)
    {
        if (windows.IsEmpty) return "";
        return "\nWHERE " + string.Join(" OR ", windows.Select(window =>
        {
            string start = string.Create(
                CultureInfo.InvariantCulture, $"{time} >= make_timestamp_ns({window.StartNanoseconds})");

            // The last of all times is in a range that goes to it.
            return window.EndNanoseconds == long.MaxValue
                ? $"({start})"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"({start} AND {time} < make_timestamp_ns({window.EndNanoseconds}))");
        }));
    }

    // The time is column 0 and has no logical name of a client's.
    private static int IndexOf(FileLayout layout, string name)
    {
        for (int i = 1; i < layout.Columns.Length; i++)
        {
            if (layout.Columns[i].Name == name) return i;
        }

        return -1;
    }
}
