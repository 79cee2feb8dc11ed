using System.Collections.Immutable;
using System.Globalization;
using Apache.Arrow;
using TsDb.Query.Planning;

namespace TsDb.Query.Direct;

/// <summary>
/// A direct statement over many nodes: what each runs (SQL, so that any engine can), and how the parts become
/// the answer. Partial states are plain columns, as for every distributed aggregate.
/// </summary>
public sealed class DirectSplit
{
    private const string RelationName = "points";

    private readonly DirectPlan _plan;
    private readonly ImmutableArray<int> _partialCounts;

    private DirectSplit(DirectPlan plan, PlannedFragment fragment, ImmutableArray<int> partialCounts) =>
        (_plan, Fragment, _partialCounts) = (plan, fragment, partialCounts);

    /// <summary>What each node runs.</summary>
    public PlannedFragment Fragment { get; }

    /// <summary>The split of a statement over a table; null if the general planner should make it.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="table">The table.</param>
    /// <param name="takesRuns">True if texts of the answer may be <see cref="TextRuns"/>, and its integers in
    /// fewer bytes than their columns say.</param>
    public static DirectSplit? TryPlan(DirectStatement statement, ResolvedTable table, bool takesRuns = false)
    {
        if (DirectPlan.TryBind(statement, table) is not { } plan) return null;
        if (plan.Groups) return Grouped(statement, plan);
        if (!CanMergeRows(plan)) return null;
        bool asTheyLie = plan.Order.IsEmpty && plan.NewestBy.IsDefault;
        return Of(plan, Whole(statement), [], takesRuns && asTheyLie);
    }

    /// <summary>
    /// The answer from all nodes' parts, with texts as runs if they all have them so; null if a column came
    /// in a form that only the engine reads.
    /// </summary>
    public IReadOnlyList<RecordBatch>? Merge(IReadOnlyList<RecordBatch> parts, Schema schema)
    {
        if (!DirectRun.CanAnswer(_plan, schema)) return null;
        if (!_plan.Groups) return new RowMerge(_plan).Merge(parts, schema);
        using GroupMerge merge = new(_plan, _partialCounts);
        return merge.Merge(parts, schema) is { } groups ? [groups] : null;
    }

    // What decides between rows of different nodes must be in the rows.
    private static bool CanMergeRows(DirectPlan plan)
    {
        IEnumerable<DirectColumn> needed = plan.NewestBy.IsDefault ? []
            : [.. plan.NewestBy, DirectColumn.Time];
        return needed.All(column => plan.Outputs.Contains(new DirectOutput.Value(column)));
    }

    private static DirectSplit Grouped(DirectStatement statement, DirectPlan plan)
    {
        List<string> items = [];
        ImmutableArray<int>.Builder counts = ImmutableArray.CreateBuilder<int>();
        foreach (DirectItem item in statement.Items)
        {
            string[] parts = item switch
            {
                DirectItem.Bucket bucket => [DirectText.Of(bucket)],
                DirectItem.Column column => [DirectText.Of(column.Name)],
                DirectItem.Aggregate aggregate => Accumulator.PartialItems(
                    aggregate.Kind, aggregate.Of is { } of ? DirectText.Of(of) : "*"),
                _ => throw new System.Diagnostics.UnreachableException(item.GetType().Name),
            };
            foreach (string part in parts)
                items.Add(string.Create(CultureInfo.InvariantCulture, $"{part} AS __ts_p{items.Count}"));
            counts.Add(parts.Length);
        }

        string sql = $"SELECT {string.Join(", ", items)} FROM {RelationName}{DirectText.Where(statement)}";
        bool hasKeys = plan.Bucket is not null || !plan.Keys.IsEmpty;
        if (hasKeys) sql += " GROUP BY ALL" + Ends(statement, plan, counts);
        return Of(plan, sql, counts.ToImmutable());
    }

    // A group that is among the first of all is among the first of every node that has it, if the order
    // leaves no ties.
    private static string Ends(DirectStatement statement, DirectPlan plan, IReadOnlyList<int> counts)
    {
        int keys = plan.Outputs.Where(output => output is not DirectOutput.Aggregate).Distinct().Count();
        bool isTotal = plan.Order.Select(key => plan.Outputs[key.Output]).Distinct().Count() == keys;
        if (statement.Limit is not { } limit || !isTotal) return "";
        IEnumerable<string> order = plan.Order.Select(key => string.Create(
            CultureInfo.InvariantCulture,
            $"{counts.Take(key.Output).Sum() + 1}{(key.IsDescending ? " DESC" : "")}"));
        return string.Create(
            CultureInfo.InvariantCulture, $" ORDER BY {string.Join(", ", order)} LIMIT {limit}");
    }

    // The statement with the points under the fragment's name.
    private static string Whole(DirectStatement statement)
    {
        string items = string.Join(", ", statement.Items.Select(item => item is DirectItem.Column column
            ? DirectText.Of(column.Name)
            : "*"));
        string sql = $"SELECT {items} FROM {RelationName}{DirectText.Where(statement)}";
        if (statement.NewestByTime is { } time)
        {
            string by = string.Join(", ", statement.NewestBy.Select(DirectText.Of));
            sql += $" QUALIFY row_number() OVER (PARTITION BY {by} ORDER BY {DirectText.Of(time)} DESC) = 1";
        }

        if (!statement.OrderBy.IsEmpty)
            sql += " ORDER BY time" + (statement.OrderBy[0].IsDescending ? " DESC" : "");
        return statement.Limit is { } limit && statement.NewestByTime is null
            ? string.Create(CultureInfo.InvariantCulture, $"{sql} LIMIT {limit}")
            : sql;
    }

    private static DirectSplit Of(
        DirectPlan plan,
        string sql,
        ImmutableArray<int> partialCounts,
        bool takesRuns = false) => new(
            plan,
            new PlannedFragment
            {
                ResultName = "__ts_parts",
                Sql = sql,
                RelationName = RelationName,
                TextRuns = takesRuns,
                ShortIntegers = takesRuns || plan.Groups,

                // A node need not be told of columns that nobody asks for.
                Table = plan.Table,
                Scope = plan.Scope,
            },
            partialCounts);
}
