using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Analysis;
using TsDb.Query.Catalog;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>
/// The first round of a query: what do the owners have? It ends as soon as every shard has been answered for
/// by as many
/// owners as the consistency wants, so that one slow node holds up nobody.
/// </summary>
internal sealed class CatalogRound(
    IClusterWatch cluster, ICatalogClient catalogs, CatalogCache cache, RowsUnderWay underWay,
    TimeProvider clock)
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GraceMax = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LivenessPeriod = TimeSpan.FromMilliseconds(250);

    /// <summary>What nodes are asked to run in the same breath; null for nothing.</summary>
    public EarlyPlan? Early { get; init; }

    /// <summary>For how long nodes are to keep the moments that they tell; zero for not at all.</summary>
    public TimeSpan Hold { get; init; }

    /// <summary>Owners that must be heard of a shard.</summary>
    public static int Needed(ClusterView view, ShardId shard, Consistency consistency) => consistency switch
    {
        Consistency.One => 1,
        Consistency.Quorum => view.ReadQuorumOf(shard),
        _ => view.Owners[shard.Value].Length,
    };

    /// <summary>Owners heard that count for a shard.</summary>
    public static int Heard(
        ClusterView view, ShardId shard, Consistency consistency, IReadOnlyList<HeardNode> heard)
    {
        ImmutableArray<NodeId> owners = view.Owners[shard.Value];
        int count = 0;
        for (int i = 0; i < heard.Count; i++)
        {
            HeardNode node = heard[i];
            if (owners.Contains(node.Node)
                && (consistency == Consistency.One || !node.Recovering.Contains(shard))) count++;
        }

        return count;
    }

    /// <summary>Asks all live owners; those that fail or are too slow are not in the answer.</summary>
    public async Task<IReadOnlyList<HeardNode>> AskAsync(
        ClusterView view, string database, ImmutableArray<TableName> names, ImmutableArray<Listing> lists,
        Consistency consistency, CancellationToken ct)
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(ct);

        // What this node runs early it runs on this thread: the others are under way by then.
        NodeId[] nodes =
        [
            .. view.Nodes.Where(cluster.IsLive).OrderBy(node => Early is not null && node == view.Self),
        ];
        ICatalogCall[] calls =
            [.. nodes.Select(node => Call(node, Question(database, names, lists, node), enough.Token))];
        foreach (ICatalogCall call in calls) call.Wait();
        List<(NodeId Node, Task<HeardNode?> Answer)> asked =
        [
            .. nodes.Select((node, i) => (node, HearAsync(
                view, node, calls[i], () => Question(database, names, lists, node), enough.Token))),
        ];
        SortedDictionary<NodeId, HeardNode> heard = [];
        try
        {
            await TakeAllThereAsync(asked, heard);
            if (asked.Count > 0) await WaitAsync(view, consistency, asked, heard);
        }
        finally
        {
            enough.Cancel();
        }

        ct.ThrowIfCancellationRequested();
        return [.. heard.Values];
    }

    private async Task WaitAsync(
        ClusterView view, Consistency consistency, List<(NodeId Node, Task<HeardNode?> Answer)> asked,
        SortedDictionary<NodeId, HeardNode> heard)
    {
        long start = clock.GetTimestamp();
        while (asked.Count > 0 && !IsEnough(view, consistency, [.. heard.Values]))
        {
            TimeSpan left = WaitMax - clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) return;
            using Patience look = new(left < LivenessPeriod ? left : LivenessPeriod, clock);

            // One that has been given up meanwhile will not answer.
            if (await TakeNextAsync(asked, look.Over, heard)) continue;
            asked.RemoveAll(one => !cluster.IsLive(one.Node));
        }

        // Whoever is about as quick is welcome: the work is shared among all that were heard.
        TimeSpan took = clock.GetElapsedTime(start);
        if (consistency == Consistency.One || asked.Count == 0) return;
        using Patience grace = new(took < GraceMax ? took : GraceMax, clock);
        while (asked.Count > 0 && await TakeNextAsync(asked, grace.Over, heard))
        {
        }
    }

    private static async Task TakeAllThereAsync(
        List<(NodeId Node, Task<HeardNode?> Answer)> asked, SortedDictionary<NodeId, HeardNode> heard)
    {
        for (int i = asked.Count - 1; i >= 0; i--)
        {
            Task<HeardNode?> answer = asked[i].Answer;
            if (!answer.IsCompleted) continue;
            asked.RemoveAt(i);
            if (await answer is { } node) heard.Add(node.Node, node);
        }
    }

    private static async Task<bool> TakeNextAsync(
        List<(NodeId Node, Task<HeardNode?> Answer)> asked, Task over,
        SortedDictionary<NodeId, HeardNode> heard)
    {
        if (await Task.WhenAny(asked.Select(one => (Task)one.Answer).Append(over)) == over) return false;
        await TakeAllThereAsync(asked, heard);
        return true;
    }

    private static bool IsEnough(
        ClusterView view, Consistency consistency, IReadOnlyList<HeardNode> heard)
    {
        for (int number = 0; number < view.ShardCount; number++)
        {
            ShardId shard = new(number);
            if (Heard(view, shard, consistency, heard) < Needed(view, shard, consistency)) return false;
        }

        return true;
    }

    private ICatalogCall Call(NodeId node, CatalogQuestion question, CancellationToken ct)
    {
        try
        {
            return catalogs.Ask(node, question, ct);
        }
        catch (TsDbException e)
        {
            return new StartedCall(Task.FromException<CatalogAnswer>(e));
        }
    }

    // A node that cannot answer is a node that was not heard: what follows decides whether it is missed.
    private async Task<HeardNode?> HearAsync(
        ClusterView view, NodeId node, ICatalogCall call, Func<CatalogQuestion> question,
        CancellationToken ct)
    {
        try
        {
            CatalogAnswer answer = await call.AnswerAsync();
            underWay.Add(answer.Behind);

            // Another directory had that name, and still answers at the address: it is no owner any more.
            bool isFormer = answer.Epoch != default
                && answer.Epoch.Value < view.Since.GetValueOrDefault(node).Value;
            if (isFormer) return null;
            ImmutableDictionary<TableId, NodeTable>? tables = cache.Apply(node, answer, view.ShardCount);
            if (tables is null)
            {
                cache.Forget(node);
                answer = await catalogs.AskAsync(node, question(), ct);
                underWay.Add(answer.Behind);
                tables = cache.Apply(node, answer, view.ShardCount);
            }

            return tables is null
                ? null
                : new HeardNode(
                    node, answer.Version, ShardSet.Of(answer.Recovering, view.ShardCount), answer.Databases,
                    tables, answer.Erasures, answer.Listed)
                {
                    Early = answer.Early,
                    Behind = answer.Behind,
                    Epoch = answer.Epoch,
                };
        }
        catch (TsDbException e) when (e.Kind
            is ErrorKind.Unavailable or ErrorKind.Closed or ErrorKind.Deadline)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    // A statement without tables still asks whether its database is there.
    private CatalogQuestion Question(
        string database, ImmutableArray<TableName> names, ImmutableArray<Listing> lists, NodeId node) => new(
    [
        .. (names.IsEmpty ? [new TableName(database, "")] : names).Select(name =>
        {
            string of = name.Database ?? database;
            return new TableQuestion(of, name.Table, cache.Known(node, of, name.Table));
        }),
    ])
    {
        Lists = [.. lists.Select(listing => listing.Of(database) ?? "").Distinct()],
        ColumnsOnce = true,
        Hold = Hold,
        Fragment = Early?.Requests.GetValueOrDefault(node),
    };
}
