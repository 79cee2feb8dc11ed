using System.Collections.Immutable;
using Apache.Arrow;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>What an edge says to a fresh query, from one moment of its store.</summary>
public sealed record FreshAnswer
{
    /// <summary>The edge's columns of the table, where they are not those that the asker knows: nothing was
    /// run then. Null otherwise.</summary>
    public ImmutableArray<Model.Column>? Columns { get; init; }

    /// <summary>Days whose cells the rows stand for; the cloud leaves them out.</summary>
    public ImmutableArray<Day> Days { get; init; } = [];

    /// <summary>Days of which the edge has more than the cloud, but not all; with the reason.</summary>
    public ImmutableArray<(Day Day, string Reason)> Incomplete { get; init; } = [];

    /// <summary>The fragment's columns; null if no cell is answered.</summary>
    public Schema? Schema { get; init; }

    /// <summary>The fragment's rows.</summary>
    public IReadOnlyList<RecordBatch> Batches { get; init; } = [];
}
