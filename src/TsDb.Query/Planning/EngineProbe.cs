using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Apache.Arrow;
using TsDb.Columnar;
using TsDb.Query.Analysis;
using TsDb.Query.Catalog;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// Asks the engine what only it knows, over tables without rows: types of expressions, names of output
/// columns, and
/// whether a statement is valid at all (if not, the engine's own message reaches the client before any node
/// is asked).
/// Answers are kept for statements asked again.
/// </summary>
internal sealed class EngineProbe(ISqlParser parser, ISqlEngine engine)
{
    private const int KeptMax = 1_000;

    private readonly ConcurrentDictionary<string, string[]> _kept = new(StringComparer.Ordinal);

    /// <summary>The engine's names of the expressions' types.</summary>
    public async Task<string[]> TypesAsync(
        BoundTable table, IReadOnlyList<JsonObject> expressions, CancellationToken ct)
    {
        string?[] types = [.. expressions.Select(e => PlainType(table, e))];
        JsonObject[] asked = [.. expressions.Where((_, i) => types[i] is null)];
        if (asked.Length == 0) return types!;
        JsonObject[] items = [.. asked.Select(TypeOf)];
        JsonObject from = EmptyJoin(table);
        string sql = parser.Print(SqlTree.Statement(SqlTree.Select(items, from, null)));
        string[] answers = await AskAsync(sql, [table], ReadRowAsync, ct);
        int next = 0;
        for (int i = 0; i < types.Length; i++) types[i] ??= answers[next++];
        return types!;
    }

    /// <summary>The names of a query's output columns.</summary>
    public Task<string[]> NamesAsync(
        JsonObject query, IReadOnlyList<BoundTable> tables, CancellationToken ct) =>
        AskAsync(
            parser.Print(SqlTree.Statement(query.Copy())), tables,
            (result, _) =>
                Task.FromResult<string[]>([.. result.Schema.FieldsList.Select(field => field.Name)]), ct);

    /// <summary>Throws the engine's message if it would refuse the statement. Nothing is read.</summary>
    public async Task RequireValidAsync(BoundStatement bound, CancellationToken ct)
    {
        SqlRequest request = new()
        {
            Sql = $"SELECT * FROM ({parser.Print(bound.Tree)}) LIMIT 0",
            Relations =
            [
                .. bound.Tables.Select(EmptyPoints),
                .. bound.Source.Listings.Select(listing => ListingRows.Of(listing, [], [])),
            ],
        };
        await using ISqlResult result = await engine.ExecuteAsync(request, ct);
    }

    private static string? PlainType(BoundTable table, JsonObject expression)
    {
        string? name = table.ColumnOf(expression.ColumnNames());
        if (name is null) return null;
        if (name == TypeResolver.TimeName) return "TIMESTAMP_NS";
        if (name == TypeResolver.EdgeName) return "VARCHAR";
        return table.Table.Columns.First(column => column.SqlName == name).Type switch
        {
            ResolvedType.Double => "DOUBLE",
            ResolvedType.BigInt => "BIGINT",
            ResolvedType.UBigInt => "UBIGINT",
            ResolvedType.HugeInt => "HUGEINT",
            ResolvedType.Boolean => "BOOLEAN",
            _ => "VARCHAR",
        };
    }

    private static JsonObject TypeOf(JsonObject expression) => new()
    {
        ["class"] = "FUNCTION",
        ["type"] = "FUNCTION",
        ["alias"] = "",
        ["function_name"] = "typeof",
        ["schema"] = "",
        ["children"] = new JsonArray(expression.Copy()),
    };

    // One row of nulls in the table's types, whatever the table holds.
    private static JsonObject EmptyJoin(BoundTable table) => new()
    {
        ["type"] = "JOIN",
        ["alias"] = "",
        ["left"] = new JsonObject
        {
            ["type"] = "SUBQUERY",
            ["alias"] = "__ts_one",
            ["subquery"] = new JsonObject
            {
                ["node"] = SqlTree.Select(
                    [SqlTree.Constant("").As("__ts_x")],
                        new JsonObject { ["type"] = "EMPTY", ["alias"] = "" }, null),
                ["named_param_map"] = new JsonArray(),
            },
            ["column_name_alias"] = new JsonArray(),
        },
        ["right"] = SqlTree.BaseTable(table.RelationName, table.Alias),
        ["condition"] = SqlTree.Cast(SqlTree.Constant("false"), "BOOLEAN"),
        ["join_type"] = "LEFT",
        ["ref_type"] = "REGULAR",
        ["using_columns"] = new JsonArray(),
    };

    private static async Task<string[]> ReadRowAsync(ISqlResult result, CancellationToken ct)
    {
        await foreach (RecordBatch batch in result.ReadAsync(ct))
        {
            if (batch.Length > 0)
                return [.. Enumerable.Range(0, batch.ColumnCount).Select(i => TextAt(batch.Column(i)))];
        }

        return [];
    }

    private static string TextAt(IArrowArray column) => column switch
    {
        StringArray text => text.GetString(0),
        StringViewArray text => text.GetString(0),
        LargeStringArray text => text.GetString(0),
        DictionaryArray { Indices: Int32Array index } coded => ((StringArray)coded.Dictionary).GetString(
            index.GetValue(0)!.Value),
        _ => column.Data.DataType.Name,
    };

    private async Task<string[]> AskAsync(
        string sql,
        IReadOnlyList<BoundTable> tables,
        Func<ISqlResult, CancellationToken, Task<string[]>> read,
        CancellationToken ct)
    {
        string key = string.Join('\0', tables.Select(Describe).Prepend(sql));
        if (_kept.TryGetValue(key, out string[]? kept)) return kept;
        SqlRequest request = new() { Sql = sql, Relations = [.. tables.Select(EmptyPoints)] };
        await using ISqlResult result = await engine.ExecuteAsync(request, ct);
        string[] answer = await read(result, ct);
        if (_kept.Count >= KeptMax) _kept.Clear();
        _kept[key] = answer;
        return answer;
    }

    private static string Describe(BoundTable table) => string.Join('\u0001', table.Table.Columns
        .Select(column =>
            string.Create(CultureInfo.InvariantCulture, $"{column.SqlName}\u0002{column.Type}")));

    private static Relation EmptyPoints(BoundTable table) => new Relation.Points(
        table.RelationName, table.Table, new TableSnapshot(table.Table.Table, [], null),
        PointMask.None, ScanScope.All);
}
