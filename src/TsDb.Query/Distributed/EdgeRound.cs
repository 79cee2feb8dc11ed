using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Planning;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>
/// The part of a fresh query that goes to the edges: all at once, until each has answered or the wait of the
/// round is over, so that one that is silent does not use up the time of the others. An edge that was silent
/// once is not asked again by the same query. Owned by one query.
/// </summary>
internal sealed class EdgeRound(
    IEdgeClient client, EdgeColumns columns, TimeProvider clock, TimeSpan waitMax)
{
    private readonly SortedDictionary<EdgeId, string> _missing = [];
    private readonly SortedSet<EdgeId> _asked = [];

    /// <summary>Edges asked so far.</summary>
    public IReadOnlyCollection<EdgeId> Asked => _asked;

    /// <summary>Edges that gave no answer, with the reason.</summary>
    public IReadOnlyDictionary<EdgeId, string> Missing => _missing;

    /// <summary>Asks those edges for their columns of a table that have not told yet; answers all that is
    /// known. <paramref name="isUnknown"/>: nobody else knows the table, so edges that had none of it are
    /// asked again.</summary>
    public async Task<IReadOnlyList<Column>> LearnAsync(
        IEnumerable<EdgeId> edges, TableId table, bool isUnknown, CancellationToken ct)
    {
        EdgeId[] all = [.. edges];
        FreshQuestion question = new() { Table = table, ColumnsHash = EdgeColumns.HashOf([]) };
        long number = columns.NextQuestion();
        using CancellationTokenSource wait = new(waitMax, clock);
        await Task.WhenAll(all.Where(IsAsked).Select(async edge =>
        {
            if (await AskAsync(edge, question, wait.Token, ct) is { } answer)
                columns.Learn(edge, table, answer.Columns ?? [], number);
        }));
        return [.. all.SelectMany(edge => columns.Find(edge, table) ?? [])];

        bool IsAsked(EdgeId edge) =>
            columns.Find(edge, table) is not { } known || (isUnknown && known.IsEmpty);
    }

    /// <summary>
    /// What the edges answer of a fragment. Throws <see cref="ErrorKind.Conflict"/> if one has columns that
    /// the plan does not know: it is made again then.
    /// </summary>
    public async Task<IReadOnlyDictionary<EdgeId, FreshAnswer>> AskAsync(
        IEnumerable<EdgeId> edges,
        PlannedFragment fragment,
        CellHoldings holdings,
        long erasures,
        SqlLimits limits,
        CancellationToken ct)
    {
        TableId table = fragment.Table.Table;
        ILookup<EdgeId, (Cell Cell, LeafDigest Digest)> pinned =
            holdings.States().ToLookup(state => state.Cell.Edge);
        long number = columns.NextQuestion();
        using CancellationTokenSource wait = new(waitMax, clock);
        (EdgeId Edge, FreshAnswer? Answer)[] answers = await Task.WhenAll(edges.Select(async edge =>
        {
            FreshQuestion question = new()
            {
                Table = table,
                ColumnsHash = EdgeColumns.HashOf(columns.Find(edge, table) ?? []),
                Fragment = fragment,
                Pinned = pinned[edge].ToImmutableSortedDictionary(s => s.Cell.Day, s => s.Digest),
                Erasures = erasures,
                Limits = limits,
            };
            return (edge, await AskAsync(edge, question, wait.Token, ct));
        }));
        SortedDictionary<EdgeId, FreshAnswer> given = [];
        foreach ((EdgeId edge, FreshAnswer? answer) in answers)
        {
            if (answer?.Columns is { } others)
            {
                columns.Learn(edge, table, others, number);
                throw new TsDbException(
                    ErrorKind.Conflict,
                        $"the columns of {table} on edge {edge} changed since the query began");
            }

            if (answer is not null) given.Add(edge, answer);
        }

        return given;
    }

    // Null if there is none; then it is missing.
    private async Task<FreshAnswer?> AskAsync(
        EdgeId edge, FreshQuestion question, CancellationToken waitOver, CancellationToken ct)
    {
        lock (_asked)
        {
            _asked.Add(edge);
            if (_missing.ContainsKey(edge)) return null;
        }

        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(ct, waitOver);
        string reason;
        try
        {
            return await client.AskAsync(edge, question, both.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            reason = "it did not answer in time";
        }
        catch (TsDbException e) when (e.Kind is not ErrorKind.Conflict)
        {
            reason = e.Message;
        }

        lock (_asked) _missing[edge] = reason;
        return null;
    }
}
