using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Model;
using TsDb.Query.Analysis;

namespace TsDb.Query.Isolation;

/// <summary>
/// Reads the tree of a SELECT (the form of DuckDB's json_serialize_sql), refuses what reaches beyond the
/// tables handed to it, and answers which tables it names. It is the first of two fences: the engine's own
/// locked configuration is the other. Table functions and kinds of table references are allowed by name;
/// everything not listed is refused.
/// </summary>
public static class StatementGuard
{
    private static readonly FrozenSet<string> TableFunctions = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree",
        "icu_calendar_names",
        "pg_timezone_names");

    // They see or change what outlives the statement: settings, other queries, the log, sequences, the
    // thread.
    private static readonly FrozenSet<string> RefusedFunctions = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "current_setting", "getvariable", "getenv", "current_query", "write_log", "nextval", "currval",
        "setseed", "sleep_ms", "add_parquet_key", "json_execute_serialized_sql", "json_serialize_plan",
        "user_agent", "query",
        "query_table", "in_search_path", "current_query_id", "current_connection_id", "txid_current",
        "current_transaction_id");

    // A number says how much these make: the engine's databases have ones of ours by their names that look at
    // it first, and "system." in front would go past them.
    private static readonly FrozenSet<string> SizedFunctions = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "repeat", "lpad", "rpad", "bitstring", "range", "generate_series", "list_resize", "array_resize",
        "equi_width_bins", "format", "printf", "levenshtein", "editdist3", "damerau_levenshtein");

    // In a lambda they are looked at for some elements of a list at a time, but what they make adds up.
    private static readonly FrozenSet<string> GrowingFunctions = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "repeat", "bitstring", "range", "generate_series", "list_resize", "array_resize", "equi_width_bins");

    // Elements of a value whose type gives their number: a block has 2,048 such values.
    private const string FixedArray = "ARRAY_TYPE_INFO";
    private const long FixedElementsMax = 8_192;

    // The engine plans joins without looking at the time or its memory: three hundred took it gigabytes.
    private const int JoinsMax = 64;

    private static readonly FrozenSet<string> TableKinds = FrozenSet.Create(
        StringComparer.Ordinal,
        "BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EMPTY", "EMPTY_FROM", "EXPRESSION_LIST",
        "SHOW_REF", "PIVOT");

    /// <summary>
    /// The distinct tables of the statement, in the order of the text; names of its own WITH clauses are not
    /// among them. Throws <see cref="ErrorKind.Invalid"/> with the reason for a statement that is not
    /// allowed.
    /// </summary>
    public static ImmutableArray<TableReference> Check(JsonObject tree)
    {
        if (tree["statements"] is not JsonArray { Count: 1 } statements)
            throw new TsDbException(ErrorKind.Invalid, "send exactly one SELECT statement");
        Walk walk = new();
        walk.Visit(statements[0], ImmutableHashSet.Create<string>(StringComparer.OrdinalIgnoreCase));
        return walk.Tables;
    }

    private sealed class Walk
    {
        private readonly HashSet<TableReference> _seen = [];
        private readonly ImmutableArray<TableReference>.Builder _tables =
            ImmutableArray.CreateBuilder<TableReference>();

        public ImmutableArray<TableReference> Tables => _tables.ToImmutable();

        private int _lambdas;
        private int _joins;

        public void Visit(JsonNode? node, ImmutableHashSet<string> commonNames)
        {
            if (node is JsonArray array)
            {
                foreach (JsonNode? child in array) Visit(child, commonNames);
            }
            else if (node is JsonObject value)
            {
                ImmutableHashSet<string> inner = WithCommonNames(value, commonNames);
                if (IsTableReference(value)) CheckTable(value, inner);
                if (Text(value, "class") == "FUNCTION" || value.ContainsKey("function_name"))
                    CheckFunction(value);
                if (Text(value, "class") == "PARAMETER")
                    throw Refuse("parameters such as $1 are not supported here");
                if (Text(value, "type") == FixedArray) CheckArray(value);
                bool isLambda = Text(value, "class") == "LAMBDA";
                if (isLambda) _lambdas++;
                foreach (KeyValuePair<string, JsonNode?> child in value) Visit(child.Value, inner);
                if (isLambda) _lambdas--;
            }
        }

        private static ImmutableHashSet<string> WithCommonNames(
            JsonObject node, ImmutableHashSet<string> names)
        {
            if (Text(node, "type") == "RECURSIVE_CTE_NODE") names = names.Add(Text(node, "cte_name"));
            if (node["cte_map"]?["map"] is not JsonArray map) return names;
            return names.Union(map.OfType<JsonObject>().Select(entry => Text(entry, "key")));
        }

        // Of the tree's objects only references in FROM have both an alias and a sample and no expression
        // class.
        private static bool IsTableReference(JsonObject node) =>
            node.ContainsKey("alias") && node.ContainsKey("sample") && !node.ContainsKey("class");

        private void CheckTable(JsonObject node, ImmutableHashSet<string> commonNames)
        {
            string kind = Text(node, "type");
            if (!TableKinds.Contains(kind)) throw Refuse($"{kind} in FROM is not allowed");
            if (kind == "JOIN" && ++_joins > JoinsMax)
                throw Refuse($"a statement has up to {JoinsMax} joins: ask for parts of it");
            if (kind == "SHOW_REF" && node["query"] is not JsonObject)
                throw Refuse("SHOW takes TABLES, TABLES FROM, ALL TABLES, COLUMNS FROM or DATABASES; "
                    + "DESCRIBE and SUMMARIZE a table or a SELECT");
            if (kind == "TABLE_FUNCTION"
                && !TableFunctions.Contains(Text(node["function"] as JsonObject, "function_name")))
            {
                throw Refuse(
                    $"table function {Text(node["function"] as JsonObject, "function_name")} is not allowed: "
                    + "a query reads the tables of this database only");
            }

            if (kind != "BASE_TABLE") return;
            (string catalog, string schema, string table) =
                (Text(node, "catalog_name"), Text(node, "schema_name"), Text(node, "table_name"));
            if (catalog.Length > 0)
                throw Refuse($"{catalog}.{schema}.{table}: name a table as table or database.table");
            if (schema.Length == 0 && commonNames.Contains(table)) return;
            TableReference reference = new(schema, table);
            if (_seen.Add(reference)) _tables.Add(reference);
        }

        private void CheckFunction(JsonObject call)
        {
            string name = Text(call, "function_name");
            bool isOrdered = call["order_bys"]?["orders"] is JsonArray { Count: > 0 }
                || call["arg_orders"] is JsonArray { Count: > 0 };
            if (isOrdered && FunctionNames.Own.Contains(name))
                throw Refuse($"{name} takes no ORDER BY: the order of the rows does not change it");
            if (RefusedFunctions.Contains(name)) throw Refuse($"function {name} is not allowed in a query");
            if (_lambdas > 0 && GrowingFunctions.Contains(name))
                throw Refuse($"{name} is not allowed inside a lambda: what it makes adds up over elements");
            if (SizedFunctions.Contains(name)
                && (IsSystem(Text(call, "catalog")) || IsSystem(Text(call, "schema"))))
                throw Refuse($"write {name} without system in front");
        }

        private static bool IsSystem(string qualifier) =>
            qualifier.Equals("system", StringComparison.OrdinalIgnoreCase);

        private static void CheckArray(JsonObject type)
        {
            double elements = type.Walk().Where(inner => inner.IsType(FixedArray)).Aggregate(
                1.0, (product, inner) => product * (inner["size"]?.GetValue<long>() ?? 1));
            if (elements > FixedElementsMax)
            {
                throw Refuse(string.Create(
                    CultureInfo.InvariantCulture,
                    $"an array of fixed length has up to {FixedElementsMax} elements: a list, such as "
                    + $"DOUBLE[], has any number"));
            }
        }

        private static string Text(JsonObject? node, string property) =>
            node?[property] is JsonValue value && value.GetValueKind() == JsonValueKind.String
                ? value.GetValue<string>()
                : "";

        private static TsDbException Refuse(string why) => new(ErrorKind.Invalid, why);
    }
}
