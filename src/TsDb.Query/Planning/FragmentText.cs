using System.Collections.Immutable;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// Writes a fragment: partial states for each group, and beside them the rows of values that some aggregates
/// need.
/// </summary>
internal sealed class FragmentText(
    ISqlParser parser,
    BoundTable table,
    AggregateShape shape,
    RowColumns rows,
    IReadOnlyList<AggregateRecipe> recipes,
    IReadOnlyList<string> keyTypes)
{
    private const string Rows = "__ts_rows";

    private readonly string[] _keys = [.. shape.KeyNames];
    private readonly PartialColumn[] _columns = [.. recipes.SelectMany(recipe => recipe.Columns)];
    private readonly ValueRows[] _values = [.. recipes.Select(recipe => recipe.Values).OfType<ValueRows>()];

    /// <summary>The fragment.</summary>
    public string Write()
    {
        bool isRanked = recipes.Any(recipe => recipe.Winners is not null);
        IEnumerable<string> values = _values.Select((part, i) => Values(part, i));

        // Where every row of a group travels anyway, or there are no groups, the group need not travel once
        // more.
        bool isValuesAlone = _columns.Length == 0 && _values.Length > 0
            && (_keys.Length == 0 || _values is [{ Condition: null }]);
        string[] parts = isValuesAlone ? [.. values] : [isRanked ? Ranked() : ByGroup(), .. values];
        string text = string.Join(" UNION ALL BY NAME ", parts);
        string source = UserRows();
        if (parts.Length == 1 && !isRanked)
        {
            return text.Replace($"FROM {Rows}", $"FROM ({source}) AS {Rows}", StringComparison.Ordinal)
                + (_values.Length == 0 ? shape.FirstGroups : "");
        }

        string places = isRanked ? $", __ts_places AS MATERIALIZED ({Places()})" : "";
        return $"WITH {Rows} AS NOT MATERIALIZED ({source}){places} {text}";
    }

    // The user's expressions as plain columns, one row for each point.
    private string UserRows() => parser.Print(SqlTree.Statement(
        SqlTree.Select(rows.Items, SqlTree.BaseTable(table.RelationName, table.Alias), shape.Where)));

    private string Values(ValueRows part, int number)
    {
        IEnumerable<string> columns = Keys("").Append($"{number} AS {ValueRows.Kind}")
            .Concat(part.Columns.Select(column => $"{column.Sql} AS {column.Name}"));
        string distinct = part.IsDistinct ? "DISTINCT " : "";
        string where = part.Condition is null ? "" : $" WHERE {part.Condition}";
        return $"SELECT {distinct}{SqlList.Of(columns)} FROM {Rows}{where}";
    }

    private string ByGroup()
    {
        IEnumerable<string> columns = Keys("").Concat(_columns.Select(c => $"{c.FromRows} AS {c.Name}"));
        if (_keys.Length + _columns.Length == 0) columns = ["count(*) AS __ts_none"];
        return $"SELECT {SqlList.Of(columns)} FROM {Rows}{SqlList.GroupBy(_keys)}";
    }

    // Once over all rows for the places (which time is the last?), once more for the rows at those places:
    // few, so that only they are ranked by series.
    private string Ranked()
    {
        PartialColumn[] second = [.. _columns.Where(column => column.IsOfWinners)];
        string on = _keys.Length == 0 ? "true"
            : string.Join(" AND ", _keys.Select(key => $"a.{key} IS NOT DISTINCT FROM b.{key}"));
        string winners = string.Join(
            " OR ", recipes.Select(recipe => recipe.Winners).OfType<string>().Distinct().Select(
                w => $"({w})"));
        IEnumerable<string> placeNames = First().Select(column => $"b.{column.Name}").Prepend("a.*");
        string few =
            $"SELECT {SqlList.Of(placeNames)} FROM {Rows} AS a JOIN __ts_places AS b ON {on} WHERE {winners}";
        string series = string.Join(
            " || chr(0) || ", rows.Tags.Select(tag => $"coalesce({tag}, '')").Prepend(RowColumns.Edge));
        string picked =
            $"SELECT {SqlList.Of(_keys.Concat(second.Select(c => $"{c.FromRows} AS {c.Name}")))} FROM "
            + $"(SELECT *, {series} AS {AggregateRecipes.Series} FROM ({few})){SqlList.GroupBy(_keys)}";
        IEnumerable<string> all = Keys("a.")
            .Concat(_columns.Select(column => $"{(column.IsOfWinners ? "b" : "a")}.{column.Name}"));
        return $"SELECT {SqlList.Of(all)} FROM __ts_places AS a LEFT JOIN ({picked}) AS b ON {on}";
    }

    private string Places() =>
        $"SELECT {SqlList.Of(_keys.Concat(First().Select(c => $"{c.FromRows} AS {c.Name}")))} "
        + $"FROM {Rows}{SqlList.GroupBy(_keys)}";

    private IEnumerable<PartialColumn> First() => _columns.Where(column => !column.IsOfWinners);

    private ImmutableArray<string> Keys(string of) =>
        [.. _keys.Select((key, i) => $"{WireTypes.ToWire(keyTypes[i], of + key)} AS {key}")];
}
