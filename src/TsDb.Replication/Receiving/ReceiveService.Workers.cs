using System.Collections.Immutable;
using System.Threading.Channels;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Repair;

namespace TsDb.Replication.Receiving;

/// <content>The workers: storing, fetching, repairing.</content>
public sealed partial class ReceiveService
{
    private const int KeepLeavesMax = 64;
    private const long KeepBytesMax = 32L << 20;

    private readonly Lock _repairGate = new();
    private readonly SortedSet<ShardId> _repairAsked = [];
    private readonly Channel<bool> _repairSignal;
    private readonly FetchPace _repairPace;
    private int _repairMissing;
    private long _repairFetched;

    private async Task KeepAsync(CancellationToken ct)
    {
        List<TransferredLeaf> batch = [];
        while (await _toKeep.Reader.WaitToReadAsync(ct))
        {
            long bytes = 0;
            while (batch.Count < KeepLeavesMax && bytes < KeepBytesMax
                && _toKeep.Reader.TryRead(out TransferredLeaf? leaf))
            {
                batch.Add(leaf);
                bytes += leaf.Bytes.Length;
            }

            foreach (ReceiveEvent.Finished finished in _keeper.Keep(batch)) await ReportAsync(finished, ct);
            batch.Clear();
            LeavesStored?.Invoke();
        }
    }

    private async Task OpenAsync(CancellationToken ct)
    {
        await foreach (ReceiveEffect.Open open in _toOpen.Reader.ReadAllAsync(ct))
        {
            ReceiveEvent.Opened opened = new(open.Edge, open.Shard, open.Bundle, []);
            try
            {
                opened = opened with { Leaves = _keeper.Open(open.Bundle) };
            }
            catch (TsDbException e)
            {
                Log.BundleNotOpened(_log, open.Bundle.Leaves.Length, open.Edge, e.Message);
            }

            await ReportAsync(opened, ct);
        }
    }

    private async Task FetchAsync(CancellationToken ct)
    {
        await foreach ((Leaf leaf, NodeId from) in _toFetch.Reader.ReadAllAsync(ct))
        {
            // It may have come meanwhile, in one file with another.
            if (_store.Current.Find(leaf) is not null)
            {
                await ReportAsync(
                    new ReceiveEvent.Finished(leaf, ReceiveOutcome.AlreadyPresent, ""), ct);
                continue;
            }

            try
            {
                TransferredLeaf fetched = await _fetcher.FetchAsync(from, leaf, ct);
                await ReportAsync(_keeper.Keep([fetched], areHeld: true)[0], ct);
                LeavesStored?.Invoke();
            }
            catch (TsDbException e)
            {
                Log.LeafNotFetched(_log, leaf, from, e.Message);
                await ReportAsync(new ReceiveEvent.FetchFailed(leaf), ct);
            }
        }
    }

    /// <summary>Compares all shards with their co-owners soon, such as after a peer came back.</summary>
    public void AskRepair() => AskRepair(shard: null);

    private void AskRepair(ShardId? shard)
    {
        lock (_repairGate)
        {
            if (shard is { } one) _repairAsked.Add(one);
            else _repairAsked.UnionWith(_receiver.Owned);
            _repairSignal.Writer.TryWrite(true);
        }
    }

    private async Task RepairAsync(CancellationToken ct)
    {
        RepairRound round = new(
            _options.Receiver.Self, _keeper, _ports.Peers,
            new LeafFetcher(_ports.Peers, _options.Receiver.ShipmentBytesMax)
            {
                Pace = _repairPace,
            },
            _log);
        ImmutableSortedSet<ShardId> open = [];
        while (true)
        {
            TimeSpan wait = open.IsEmpty ? _options.RepairEvery : _options.RepairEagerlyEvery;
            await WaitForRepairAsync(wait, ct);
            if (_ports.Cluster.Current is not { } cluster) continue;
            ImmutableSortedSet<ShardId> asked = TakeAsked();
            ImmutableSortedSet<ShardId> shards = asked.IsEmpty ? open : asked;
            if (shards.IsEmpty) shards = [.. _receiver.Owned];
            try
            {
                RepairReport report = await round.RunAsync(cluster, shards, ct);
                open = open.Except(report.Conclusive).Union(report.Inconclusive);
                open = open.Intersect(_receiver.Owned);
                await ReportRepairAsync(cluster, report, ct);
            }
            catch (Exception e) when (e is TsDbException or IOException)
            {
                Log.RepairFailed(_log, e);
                open = open.Union(shards);
            }
        }
    }

    private async Task ReportRepairAsync(
        ClusterConfiguration cluster, RepairReport report, CancellationToken ct)
    {
        Volatile.Write(ref _repairMissing, report.Missing);
        Interlocked.Add(ref _repairFetched, report.Fetched);
        if (report.Fetched + report.Missing > 0)
        {
            Log.Repaired(_log, report.Fetched, report.Missing);
            LeavesStored?.Invoke();
        }

        ILookup<ShardId, Leaf> lost = _store.Lost.ToLookup(leaf => ShardId.Of(leaf.Cell, cluster.ShardCount));
        foreach (ShardId shard in report.Conclusive.Concat(report.Inconclusive))
        {
            bool isConclusive = !report.Inconclusive.Contains(shard) || report.Exhausted.Contains(shard);
            await ReportAsync(
                new ReceiveEvent.RepairEnded(shard, isConclusive) { Lost = [.. lost[shard]] }, ct);
        }
    }

    private ImmutableSortedSet<ShardId> TakeAsked()
    {
        lock (_repairGate)
        {
            ImmutableSortedSet<ShardId> asked = [.. _repairAsked];
            _repairAsked.Clear();

            // Rung for what is taken now.
            _repairSignal.Reader.TryRead(out _);
            return asked;
        }
    }

    // Until it is asked for, or the time is over. The timer rings the same bell: a wait for a channel that is
    // cancelled completes on another thread, also where this node is to have none.
    private async Task WaitForRepairAsync(TimeSpan wait, CancellationToken ct)
    {
        using ITimer late = _clock.CreateTimer(
            _ => _repairSignal.Writer.TryWrite(true), null, wait, Timeout.InfiniteTimeSpan);
        await _repairSignal.Reader.WaitToReadAsync(ct);
        _repairSignal.Reader.TryRead(out _);
    }
}
