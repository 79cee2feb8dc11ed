using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <content>Hellos, and comparing what an edge's ledger holds with what is here.</content>
public sealed partial class Receiver
{
    private const int ListsMax = 4_096;
    private const int UnknownMax = 4_096;

    private static readonly TimeSpan ListAge = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan UnknownRest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LostRest = TimeSpan.FromSeconds(20);

    private readonly SortedDictionary<EdgeId, (EdgeControl Message, EdgeControl.Hello Hello)> _registering =
        [];
    private readonly Dictionary<(Cell, Incarnation), Suspicion> _suspicions = [];
    private readonly SortedDictionary<ShardId, List<Leaf>> _maybeMissing = [];
    private readonly RecentHashes _unknown = new(UnknownMax, UnknownRest);
    private readonly RecentHashes _lostAsked = new(ListsMax, LostRest);

    /// <summary>True of the incarnation that an edge was met with last.</summary>
    internal bool IsNewest(EdgeId edge, Incarnation incarnation) =>
        _cluster!.Edges.GetValueOrDefault(edge)?.Incarnations is [.., var last] && last == incarnation;

    private void Hear(EdgeControl message, DateTimeOffset now)
    {
        if (message.Body is EdgeControl.NewerHello newer)
        {
            Answer(message.Edge, new EdgeAnswer.Hello(
                message.Instance,
                newer.Incarnation,
                HelloVerdict.Refused,
                $"edge '{message.Edge}' speaks protocol version {newer.ProtocolVersion}, {_options.Self} "
                + $"{ShipmentLimits.ProtocolVersion}: start newer programs on the cloud nodes first"));
            return;
        }

        _greeter.Renew(message.Edge, message.Instance, now);
        switch (message.Body)
        {
            case EdgeControl.Hello hello:
                Greet(message, hello, isRepeat: false, now);
                break;
            case EdgeControl.Reconcile reconcile:
                foreach (CellDigest digest in reconcile.Cells) Compare(message, digest, now);
                break;
            case EdgeControl.LeafList list:
                TakeList(message, list);
                break;
            case EdgeControl.Confirm confirm:
                foreach (Leaf leaf in confirm.Leaves) Confirm(message.Edge, leaf, now);
                break;
            case EdgeControl.Superseded superseded:
                _effects.Add(new ReceiveEffect.Forget(
                    [.. superseded.Leaves.Where(leaf => leaf.Cell.Edge == message.Edge)]));
                break;
            case EdgeControl.CreateDatabases create:
                foreach (string name in create.Names.Where(n => !_cluster!.Databases.ContainsKey(n)))
                    _effects.Add(new ReceiveEffect.CreateDatabase(name));
                break;
            case EdgeControl.Lag lag:
                Compare(lag.Revision);
                _greeter.Hear(message.Edge, lag, now);
                break;
            default:
                throw new System.Diagnostics.UnreachableException(message.Body.ToString());
        }
    }

    // A node that was paused may have put an older description of the cluster in the place of a newer one: an
    // edge that knows less than this node shows it.
    private void Compare(long heard)
    {
        if (heard > 0 && heard < ClusterWord.RevisionOf(_cluster!)) _isWordOld = true;
    }

    private void Greet(EdgeControl message, EdgeControl.Hello hello, bool isRepeat, DateTimeOffset now)
    {
        EdgeAnswer.Hello? verdict = _greeter.Judge(message, hello, _cluster!, isRepeat, now);
        bool speaks = _greeter.Speaks(message.Edge, _cluster!, now);
        if (verdict is null)
        {
            if (!speaks) return;
            bool isAsked = _registering.TryGetValue(message.Edge, out var asked) && asked.Hello == hello;
            _registering[message.Edge] = (message, hello);
            if (!isAsked) _effects.Add(new ReceiveEffect.Register(message.Edge, hello.Incarnation));
            return;
        }

        _registering.Remove(message.Edge);
        if (speaks) Answer(message.Edge, verdict);
    }

    private void AnswerRegistered(ReceiveEvent.RegisterEnded ended, DateTimeOffset now)
    {
        AnswerRegistered(ended.Edge, now);

        // Not in the registry: the edge will say hello again, and then it is tried again.
        _registering.Remove(ended.Edge);
    }

    private void AnswerRegistered(EdgeId edge, DateTimeOffset now)
    {
        if (!_registering.TryGetValue(edge, out (EdgeControl Message, EdgeControl.Hello Hello) asked)) return;
        bool isKnown = _cluster!.Edges.GetValueOrDefault(edge)?.Incarnations
            .Contains(asked.Hello.Incarnation) == true;
        if (isKnown) Greet(asked.Message, asked.Hello, isRepeat: true, now);
    }

    private void Compare(EdgeControl message, CellDigest theirs, DateTimeOffset now)
    {
        Cell cell = theirs.Cell;
        if (cell.Edge != message.Edge || !_owned.Contains(ShardId.Of(cell, _cluster!.ShardCount))) return;
        CellLeaves? leaves = _stored().Find(cell);
        LeafDigest ours = leaves?.DigestOf(theirs.Incarnation) ?? LeafDigest.Empty;
        if (ours == theirs.Digest) return;

        // Having more may only mean that this message is late: the list that is asked for now will tell.
        if (_suspicions.Count >= ListsMax) _suspicions.Clear();
        if (leaves?.Last(theirs.Incarnation) is { } last && last.Value > theirs.OrdinalMax)
            _suspicions[(cell, theirs.Incarnation)] = new Suspicion(last.Value, now);
        Answer(message.Edge, new EdgeAnswer.LeavesWanted(cell, theirs.Incarnation));
    }

    private void TakeList(EdgeControl message, EdgeControl.LeafList list)
    {
        ShardId shard = ShardId.Of(list.Cell, _cluster!.ShardCount);
        if (list.Cell.Edge != message.Edge || !_owned.Contains(shard)) return;
        CellLeaves? here = _stored().Find(list.Cell);
        bool isBehind = list.IsLast
            && _suspicions.Remove((list.Cell, list.Incarnation), out Suspicion? suspicion)
            && Last(list) < suspicion.OrdinalMax;
        if (FindDivergence(here, list, isBehind) is { } divergence)
        {
            // Told at once, and not only when a leaf is offered: until then what the edge cut below it,
            // unaware, would become durable under older points.
            Answer(message.Edge, new EdgeAnswer.Hello(
                message.Instance,
                list.Incarnation,
                HelloVerdict.TakeNewIncarnation,
                $"shipment {divergence.First.Value} of {list.Cell} is here with other bytes, or only here: "
                + "restored or cloned")
            {
                Divergence = divergence,
            });

            // It compares again once it has taken a new one.
            if (IsNewest(message.Edge, list.Incarnation)) return;
        }

        Leaf[] missing =
        [
            .. from entry in list.Leaves
               where here?.Find(list.Incarnation, entry.Ordinal) is null
               select new Leaf(list.Cell, list.Incarnation, entry.Ordinal, entry.Hash),
        ];
        AskOwners(shard, missing);
    }

    // Two lives of an edge may have reached other owners each, and what became durable there comes together
    // only now: the edge would not hear of it before it compares its ledger again.
    private void TellForks(ShardId shard)
    {
        if (_cluster is not { } cluster) return;
        foreach (CellLeaves cell in _stored().CellsOf(shard, cluster.ShardCount))
        {
            if (cluster.Edges.GetValueOrDefault(cell.Cell.Edge)?.Incarnations is [.., var newest]
                && cell.FirstFork(newest) is { } ordinal) TellApart(cell.Cell, newest, ordinal);
        }
    }

    private void TellApart(Cell cell, Incarnation incarnation, Ordinal first)
    {
        foreach (Guid instance in _greeter.InstancesOf(cell.Edge))
        {
            Answer(cell.Edge, new EdgeAnswer.Hello(
                instance,
                incarnation,
                HelloVerdict.TakeNewIncarnation,
                $"shipment {first.Value} of {cell} is here with other bytes")
            {
                Divergence = new Divergence(cell, first, first),
            });
        }
    }

    private static long Last(EdgeControl.LeafList list) =>
        list.Leaves.IsEmpty ? 0 : list.Leaves.Max(entry => entry.Ordinal.Value);

    // Of an older incarnation, too: the edge left it by the word of another node, or about another cell.
    private static Divergence? FindDivergence(
        CellLeaves? here, EdgeControl.LeafList list, bool isBehind)
    {
        long seen = 0;
        LeafEntry[] entries = [.. list.Leaves.OrderBy(entry => entry.Ordinal)];
        foreach (LeafEntry entry in entries)
        {
            Leaf theirs = new(list.Cell, list.Incarnation, entry.Ordinal, entry.Hash);
            if (here?.IsForked(theirs) == true) return At(entry.Ordinal.Value);
            if (here?.Find(theirs) is not null) seen = entry.Ordinal.Value;
        }

        return isBehind ? At(Last(list) + 1) : null;

        // What lies before this page is not known here.
        Divergence At(long first) => new(
            list.Cell,
            new Ordinal(first),
            seen > 0 ? new Ordinal(seen + 1) : Ordinal.First);
    }

    private void Confirm(EdgeId edge, Leaf leaf, DateTimeOffset now)
    {
        ShardId shard = ShardOf(leaf);
        if (leaf.Cell.Edge != edge || !_owned.Contains(shard)) return;

        // Also where it is not here yet: what this node says once it is counts as the answer.
        _counter.RecountToDrop(leaf, now);
        if (_stored().Find(leaf) is null) AskOwners(shard, [leaf]);
        else AnswerHeld(leaf, now);
    }

    // What is not here may be at a co-owner: the uplink is asked only for what nobody has.
    private void AskOwners(ShardId shard, Leaf[] leaves)
    {
        if (leaves.Length == 0) return;
        if (!_maybeMissing.TryGetValue(shard, out List<Leaf>? waiting))
            _maybeMissing.Add(shard, waiting = []);
        if (waiting.Count == 0) _effects.Add(new ReceiveEffect.Repair(shard));
        waiting.AddRange(leaves.Take(ListsMax - waiting.Count));
    }

    private void AnswerMissing(ReceiveEvent.RepairEnded ended, DateTimeOffset now)
    {
        _maybeMissing.Remove(ended.Shard, out List<Leaf>? waiting);
        if (!ended.IsConclusive) return;

        // What was lost is asked for now and then, until it comes or the edge tells what became of it.
        ReplicaVersion stored = _stored();
        IEnumerable<Leaf> missed = ended.Lost.Take(ListsMax).Where(leaf => _lostAsked.Add(leaf.Hash, now))
            .Concat(waiting ?? []);
        foreach (IGrouping<EdgeId, Leaf> edge in missed.Distinct().GroupBy(leaf => leaf.Cell.Edge))
        {
            ImmutableArray<ContentHash> missing =
                [.. edge.Where(leaf => stored.Find(leaf) is null).Select(leaf => leaf.Hash)];
            if (!missing.IsEmpty) Answer(edge.Key, new EdgeAnswer.Missing(missing));
        }
    }

    private void ForgetOldLists(DateTimeOffset now)
    {
        foreach (((Cell, Incarnation) key, Suspicion suspicion) in _suspicions.ToArray())
        {
            if (now - suspicion.At > ListAge) _suspicions.Remove(key);
        }
    }

    private sealed record Suspicion(long OrdinalMax, DateTimeOffset At);
}
