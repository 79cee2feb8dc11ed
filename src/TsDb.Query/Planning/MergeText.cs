using System.Globalization;

namespace TsDb.Query.Planning;

/// <summary>Writes what makes finished groups of all nodes' partial states.</summary>
internal sealed class MergeText(
    string partials, AggregateShape shape, IReadOnlyList<AggregateRecipe> recipes,
        IReadOnlyList<string> keyTypes)
{
    private const string SetNumber = "__ts_set";

    private readonly string[] _keys = [.. shape.KeyNames];

    /// <summary>The relation of groups: keys, GROUPING() answers, finished aggregates.</summary>
    public string Write()
    {
        string[] groups = shape.Sets.IsDefault ? _keys : [.. _keys, SetNumber];
        IEnumerable<string> columns = groups.Concat(Combined());
        string combined = $"SELECT {SqlList.Of(columns)} FROM {Prepared(States(), groups)}"
            + SqlList.GroupBy(groups);
        IEnumerable<string> finished = _keys
            .Select((key, i) => $"{WireTypes.FromWire(keyTypes[i], key)} AS {key}")
            .Concat(shape.Groupings.Select(
                (keys, i) => $"{Grouping(keys)} AS {AggregateShape.GroupingName(i)}"))
            .Concat(recipes.Select((recipe, i) => $"{recipe.Finish} AS {AggregateShape.ValueName(i)}"));
        if (_keys.Length + shape.Groupings.Count + recipes.Count == 0) finished = ["0 AS __ts_none"];
        return $"SELECT {SqlList.Of(finished)} FROM ({combined}) AS __ts_combined";
    }

    private IEnumerable<string> Combined()
    {
        int number = 0;
        foreach (AggregateRecipe recipe in recipes)
        {
            foreach (PartialColumn column in recipe.Columns) yield return $"{column.Combine} AS "
                + $"{column.Name}";
            if (recipe.Values is not { } values) continue;
            string combine = string.Format(CultureInfo.InvariantCulture, values.Combine, number++);
            yield return $"{combine} AS {values.CombineName}";
        }

        if (_keys.Length + number + recipes.Sum(recipe => recipe.Columns.Length) == 0)
            yield return "count(*) AS __ts_none";
    }

    private string Prepared(string states, string[] groups)
    {
        string window = groups.Length == 0 ? "()" : $"(PARTITION BY {SqlList.Of(groups)})";
        string[] prepared = [.. recipes.SelectMany(recipe => recipe.Prepared).Select(column =>
            $"{string.Format(CultureInfo.InvariantCulture, column.Sql, window)} AS {column.Name}")];
        return prepared.Length == 0 ? states
            : $"(SELECT *, {SqlList.Of(prepared)} FROM {states}) AS __ts_prepared";
    }

    // With grouping sets every state counts once in each of them, without the keys that the set leaves out.
    private string States()
    {
        if (shape.Sets.IsDefault) return partials;
        IEnumerable<int> numbers = Enumerable.Range(0, shape.Sets.Length);
        IEnumerable<string> keys = _keys.Select((key, k) =>
            $"CASE WHEN {SetNumber} IN ({SqlList.Of(WithKey(k))}) THEN {key} END AS {key}");
        string each = $"SELECT *, unnest([{SqlList.Of(numbers.Select(Number))}]) AS {SetNumber} FROM "
            + $"{partials}";
        string replaced = _keys.Length == 0 ? each : $"SELECT * REPLACE ({SqlList.Of(keys)}) FROM ({each})";

        // The set without keys has its one group even where there are no rows.
        IEnumerable<string> empty = numbers.Where(number => shape.Sets[number].IsEmpty)
            .Select(number => $" UNION ALL BY NAME SELECT {Number(number)} AS {SetNumber}");
        return $"({replaced}{string.Concat(empty)}) AS __ts_sets";
    }

    private IEnumerable<string> WithKey(int key) => shape.Sets.Index()
        .Where(set => set.Item.Contains(key)).Select(set => Number(set.Index)).Append("-1");

    // A bit for each argument, the last one lowest: 1 where the set leaves it out.
    private string Grouping(IReadOnlyList<int> keys)
    {
        if (shape.Sets.IsDefault) return "CAST(0 AS BIGINT)";
        IEnumerable<string> cases = shape.Sets.Select((set, number) =>
        {
            long bits = keys.Aggregate(0L, (sum, key) => (sum << 1) | (set.Contains(key) ? 0L : 1L));
            return string.Create(CultureInfo.InvariantCulture, $"WHEN {number} THEN {bits}");
        });
        return $"CAST(CASE {SetNumber} {string.Join(' ', cases)} END AS BIGINT)";
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
