using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Direct;

/// <summary>
/// A statement of the direct path with its names looked up: what to read, what to keep, what to answer.
/// </summary>
public sealed class DirectPlan
{
    internal DirectPlan()
    {
    }

    /// <summary>Times and edges outside it are not needed.</summary>
    public required ScanScope Scope { get; init; }

    /// <summary>The table with the columns that the statement names.</summary>
    public required ResolvedTable Table { get; init; }

    internal ImmutableArray<DirectTagFilter> Tags { get; init; } = [];

    internal ImmutableArray<DirectNumberFilter> Numbers { get; init; } = [];

    internal ImmutableArray<DirectOutput> Outputs { get; init; } = [];

    /// <summary>True if rows are put together: one row of the answer for each group.</summary>
    internal bool Groups { get; init; }

    /// <summary>Tags, or the edge, that rows are grouped by.</summary>
    internal ImmutableArray<DirectColumn> Keys { get; init; } = [];

    /// <summary>Null unless rows are grouped by stretches of time.</summary>
    internal DirectBucket? Bucket { get; init; }

    /// <summary>Tags, or the edge, of which only the newest row each is answered; default
    /// otherwise.</summary>
    internal ImmutableArray<DirectColumn> NewestBy { get; init; }

    /// <summary>Places of outputs, with true for descending.</summary>
    internal ImmutableArray<(int Output, bool IsDescending)> Order { get; init; } = [];

    /// <summary>Rows at most.</summary>
    internal long Limit { get; init; }

    /// <summary>The plan for a table; null if the statement says something there that only the general
    /// engine knows to answer.</summary>
    public static DirectPlan? TryBind(DirectStatement statement, ResolvedTable table) =>
        new DirectBinder(statement, table).TryBind();

    /// <summary>Logical names of the fields that are read.</summary>
    public IReadOnlySet<string> Fields => field ??=
        Outputs.Select(output => output switch
        {
            DirectOutput.Value value => value.Column,
            DirectOutput.Aggregate aggregate => aggregate.Of,
            _ => null,
        }).OfType<DirectColumn>().Where(column => column.Source == DirectSource.Field)
            .Select(column => column.Name)
            .Concat(Numbers.Select(filter => filter.Field)).ToHashSet(StringComparer.Ordinal);

    /// <summary>True if only some series are wanted.</summary>
    public bool PicksSeries => !Tags.IsEmpty;

    /// <summary>True if every row of every series that passes the filters is answered.</summary>
    public bool AnswersEachRow => !Groups && NewestBy.IsDefault && !PicksSeries && Limit == long.MaxValue;

    internal TimeRange Range => Scope.Range;
}
