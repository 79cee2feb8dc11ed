using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Repair;

namespace TsDb.Replication.Receiving;

/// <content>The loop's side: events to the receiver, its effects to whoever carries them out.</content>
public sealed partial class ReceiveService
{
    private readonly SortedDictionary<EdgeId, List<EdgeAnswer>> _answers = [];
    private readonly SortedDictionary<NodeId, SortedDictionary<ContentHash, Leaf>> _notices = [];
    private readonly HashSet<NodeId> _noticing = [];
    private readonly List<Task> _questions = [];
    private readonly HashSet<string> _creating = new(StringComparer.Ordinal);
    private ClusterConfiguration? _announced;
    private long _countingAt;

    private void Handle(ReceiveEvent happened)
    {
        if (happened is ReceiveEvent.NoticeAnswered answered) _noticing.Remove(answered.Node);
        if (happened is ReceiveEvent.CreateEnded created) _creating.Remove(created.Name);

        // Reports may wait behind each other: what counts is the configuration of now.
        if (happened is ReceiveEvent.Configured && _ports.Cluster.Current is { } latest)
            happened = new ReceiveEvent.Configured(latest);
        if (happened is ReceiveEvent.Configured configured) MarkFounded(configured.Cluster);
        foreach (ReceiveEffect effect in _receiver.On(happened, _clock.GetUtcNow())) Carry(effect);
        if (happened is ReceiveEvent.Configured) Announce();
        Volatile.Write(ref _countingAt, _receiver.Cluster?.Epoch.Value ?? 0);
        if (happened is ReceiveEvent.Tick) TakeStatus();
        SendNotices();
    }

    private void Carry(ReceiveEffect effect)
    {
        switch (effect)
        {
            case ReceiveEffect.Answer answer:
                if (answer.What is EdgeAnswer.Hello hello)
                {
                    // At each comparison it is said again of an incarnation that was left for it long ago.
                    bool isNews = hello.Divergence is null
                        || _receiver.IsNewest(answer.Edge, hello.Incarnation);
                    Log.EdgeGreeted(
                        _log, isNews ? LogLevel.Information : LogLevel.Debug,
                        answer.Edge, hello.Verdict, hello.Reason);
                }

                if (!_answers.TryGetValue(answer.Edge, out List<EdgeAnswer>? answers))
                    _answers.Add(answer.Edge, answers = []);
                answers.Add(answer.What);
                break;
            case ReceiveEffect.Keep keep:
                Demand(_toKeep.Writer.TryWrite(keep.Transferred));
                break;
            case ReceiveEffect.Open open:
                Demand(_toOpen.Writer.TryWrite(open));
                break;
            case ReceiveEffect.Fetch fetch:
                Demand(_toFetch.Writer.TryWrite((fetch.Leaf, fetch.From)));
                break;
            case ReceiveEffect.Notify notify:
                if (!_notices.TryGetValue(notify.Node, out SortedDictionary<ContentHash, Leaf>? leaves))
                    _notices.Add(notify.Node, leaves = []);
                foreach (Leaf leaf in notify.Leaves) leaves[leaf.Hash] = leaf;
                break;
            case ReceiveEffect.Register register:
                Send(() => RegisterAsync(register.Edge, register.Incarnation, _stopping.Token));
                break;
            case ReceiveEffect.CreateDatabase create:
                if (_creating.Add(create.Name)) Send(() => CreateAsync(create.Name, _stopping.Token));
                break;
            case ReceiveEffect.SayCluster:
                if (_announced is { } announced) SayCluster(announced);
                break;
            case ReceiveEffect.Forget forget:
                Forget(forget.Superseded);
                break;
            case ReceiveEffect.Repair repair:
                AskRepair(repair.Shard);
                break;
            default:
                throw new System.Diagnostics.UnreachableException(effect.ToString());
        }
    }

    // A question to others that the loop does not wait for: it ends with a report. Stopping waits for it, and
    // an exception that it does not expect is a defect like one of the loop's own.
    private void Send(Func<Task> question)
    {
        _questions.RemoveAll(asked => asked.IsCompleted);
        _questions.Add(GuardAsync(question));
    }

    // The receiver asks for no more at a time than these queues hold.
    private static void Demand(bool isTaken)
    {
        if (!isTaken) throw new InvalidOperationException("a queue that the receiver bounds is full");
    }

    private void Forget(ImmutableArray<Leaf> superseded)
    {
        try
        {
            _store.Forget(superseded, ReplicaStore.RuleSuperseded);
        }
        catch (IOException e)
        {
            // Missed still: the edge is asked again after the next repair.
            Log.CatalogFailed(_log, e);
        }
    }

    private void MarkFounded(ClusterConfiguration cluster)
    {
        // The founder of this node's name may be a directory that is no more: an empty one that took its
        // place sees that time again when it reads the log of the configuration anew.
        Member? member = cluster.Members.FirstOrDefault(m => m.DirectoryId == _options.Directory);
        if (member is null) return;
        NodeId self = _options.Receiver.Self;
        ImmutableArray<ShardId> whole =
        [
            .. Enumerable.Range(0, cluster.ShardCount).Select(number => new ShardId(number))
                .Where(shard => _store.IsCatalogIntact && !_store.IsWhole(shard)
                    && RepairPolicy.IsWholeFromFounding(cluster, shard, self)),
        ];
        try
        {
            _store.SettleRestored(member.Since);
            _store.MarkWhole(cluster.Epoch, whole);
        }
        catch (IOException e)
        {
            // Not on disk, so not so: the shards are compared with their co-owners first.
            Log.CatalogFailed(_log, e);
        }
    }

    private void Announce()
    {
        if (_receiver.Cluster is not { } cluster || cluster == _announced) return;
        if (_announced?.Epoch != cluster.Epoch)
        {
            List<string> filters = [_options.Topics.HelloAll, _options.Topics.PresenceAll];
            foreach (ShardId shard in _receiver.Owned.Order())
            {
                filters.Add(_options.Topics.OfferAll(shard));
                filters.Add(_options.Topics.ChunkAll(shard));
            }

            _ports.Edges.Subscribe(filters);
        }

        bool isNews = _announced is null || _announced.Epoch != cluster.Epoch;
        _announced = cluster;
        SayCluster(cluster);
        if (isNews) AskRepair();
    }

    private void SayCluster(ClusterConfiguration cluster) =>
        _ports.Edges.Retain(_options.Topics.Cluster, ShipmentCodec.Encode(ClusterWord.Of(cluster)));

    private void TakeStatus()
    {
        ReplicaVersion version = _store.Current;
        Volatile.Write(ref _status, new ReceiveStatus(
            _receiver.Owned.Count,
            _receiver.Owned.Count(shard => !IsWhole(shard)),
            version.LeafCount,
            version.BytesLength,
            _receiver.PendingBytes,
            _receiver.UndecidedCount,
            Volatile.Read(ref _repairMissing),
            _receiver.EdgesSeen)
        {
            Scrub = _scrub.Status,
            RepairFetchedLeaves = Interlocked.Read(ref _repairFetched),
            RepairFetchedBytes = _repairPace.BytesCount,
            LostCount = _store.Lost.Count,
            FilesCount = version.FileCount,
            Compaction = _compactor.Status,
            Purge = _purger.Status,
        });
    }

    private async Task SayAsync(CancellationToken ct)
    {
        if (_answers.Count == 0 || _receiver.Cluster is not { } cluster) return;
        MessageHeader header = new(cluster.Id, cluster.Epoch);
        foreach ((EdgeId edge, List<EdgeAnswer> answers) in _answers)
        {
            foreach (EdgeAnswer[] part in answers.Chunk(ShipmentLimits.ItemsMax))
            {
                EdgeAnswers message = new(header, _options.Receiver.Self, [.. part]);
                await _ports.Edges.PublishAsync(_options.Topics.Ack(edge), ShipmentCodec.Encode(message), ct);
            }
        }

        _answers.Clear();
    }

    // One notice to a node at a time; what is to be said meanwhile goes with the next.
    private void SendNotices()
    {
        if (_receiver.Cluster is not { } cluster) return;
        foreach ((NodeId node, SortedDictionary<ContentHash, Leaf> leaves) in _notices)
        {
            if (leaves.Count == 0 || !_noticing.Add(node)) continue;
            Leaf[] told = [.. leaves.Values.Take(StoredNotice.LeavesMax)];
            foreach (Leaf leaf in told) leaves.Remove(leaf.Hash);
            StoredNotice notice = new(
                _options.Receiver.Self,
                cluster.Id,
                cluster.Epoch,
                [.. told.Select(l =>
                    new NoticedLeaf(l, _store.CountsIn(cluster, l, _options.Receiver.Self)))]);
            Send(() => TellAsync(node, notice, _stopping.Token));
        }
    }

    private async Task TellAsync(NodeId node, StoredNotice notice, CancellationToken ct)
    {
        StoredReply? reply = null;
        try
        {
            using CancellationTokenSource patience = new(_options.NoticePatience, _clock);
            using CancellationTokenSource either =
                CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
            reply = await _ports.Peers.StoredAsync(node, notice, either.Token);
        }
        catch (Exception e) when (e is TsDbException or OperationCanceledException)
        {
            Log.PeerNotHeard(_log, node, e.Message);
        }

        await ReportAsync(new ReceiveEvent.NoticeAnswered(node, notice, reply), ct);
    }

    private async Task RegisterAsync(EdgeId edge, Incarnation incarnation, CancellationToken ct)
    {
        try
        {
            using CancellationTokenSource patience = new(_options.RegisterPatience, _clock);
            using CancellationTokenSource either =
                CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
            await _ports.Cluster.RegisterAsync(edge, incarnation, either.Token);
        }
        catch (Exception e) when (e is TsDbException or OperationCanceledException)
        {
            Log.NotRegistered(_log, edge, incarnation, e.Message);
        }

        if (_ports.Cluster.Current is { } current)
            await ReportAsync(new ReceiveEvent.Configured(current), ct);
        await ReportAsync(new ReceiveEvent.RegisterEnded(edge, incarnation), ct);
    }

    private async Task CreateAsync(string name, CancellationToken ct)
    {
        try
        {
            using CancellationTokenSource patience = new(_options.RegisterPatience, _clock);
            using CancellationTokenSource either =
                CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
            await _ports.Cluster.ChangeAsync(
                new ClusterCommand.CreateDatabase(name),
                now => now.Databases.ContainsKey(name),
                either.Token);
        }
        catch (Exception e) when (e is TsDbException or OperationCanceledException)
        {
            Log.MoveDelayed(_log, $"database '{name}' is not known to the cluster yet: {e.Message}");
        }

        await ReportAsync(new ReceiveEvent.CreateEnded(name), ct);
    }

    private async Task ReportAsync(ReceiveEvent report, CancellationToken ct)
    {
        try
        {
            await _reports.Writer.WriteAsync(report, ct);
        }
        catch (OperationCanceledException)
        {
            // Told to stop: nobody listens any more.
        }
    }
}
