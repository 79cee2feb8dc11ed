using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Storage.Shipping;

namespace TsDb.Tests.Replication.Shipping;

/// <summary>
/// A shipper with its clock and an obedient link: what tests need to talk to it in sentences.
/// </summary>
internal sealed class ShipperDesk
{
    public static readonly EdgeId Edge = new("E1");
    public static readonly NodeId N1 = new("N1");
    public static readonly NodeId N2 = new("N2");
    public static readonly NodeId N3 = new("N3");
    public static readonly ClusterId ClusterA = new(new Guid(1, 0, 0, new byte[8]));
    public static readonly ClusterId ClusterB = new(new Guid(2, 0, 0, new byte[8]));
    public static readonly Incarnation First = new(new Guid(11, 0, 0, new byte[8]));
    public static readonly Guid Instance = new(21, 0, 0, new byte[8]);

    public ShipperDesk(
        int replication = 3, int quorum = 2, ShipperOptions? options = null, ShipLedger? ledger = null)
    {
        (Replication, Quorum) = (replication, quorum);
        Ledger = ledger ?? new ShipLedger();
        Shipper = new Shipper(options ?? Options, Ledger, First, null, Now);
    }

    public static ShipperOptions Options => new() { Edge = Edge, Instance = Instance };

    public int Replication { get; }

    public int Quorum { get; }

    public ShipLedger Ledger { get; }

    public Shipper Shipper { get; }

    public DateTimeOffset Now { get; private set; } = DateTimeOffset.UnixEpoch;

    public ShipStatus Status => Shipper.Status(Now);

    public ClusterInfo Info(long epoch = 1, ClusterId? cluster = null) => new()
    {
        Cluster = cluster ?? ClusterA,
        Epoch = new Epoch(epoch),
        ShardCount = 64,
        ReplicationFactor = Replication,
        WriteQuorum = Quorum,
    };

    public static ShipLeaf Leaf(int day, long bytes = 1_000, long ordinal = 1)
    {
        Cell cell = new(new TableId("db", "cpu"), Edge, new Day(day));
        ContentHash hash = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes($"{day}/{ordinal}/{bytes}"));
        TimeRange range = new(
            cell.Day.Range.StartNanoseconds, cell.Day.Range.StartNanoseconds + (ordinal * 10));
        return new ShipLeaf(
            new Leaf(cell, First, new Ordinal(ordinal), hash), $"seg-{day}-{ordinal}", bytes, 10, range);
    }

    /// <summary>What the shipper wants; what it wants prepared goes plain.</summary>
    public IReadOnlyList<ShipEffect> On(ShipEvent e)
    {
        List<ShipEffect> all = [];
        Queue<ShipEvent> events = new([e]);
        while (events.TryDequeue(out ShipEvent? next))
        {
            foreach (ShipEffect effect in Shipper.On(next, Now))
            {
                if (effect is ShipEffect.Prepare prepare)
                    events.Enqueue(new ShipEvent.Prepared(prepare.Leaves,
                        [.. prepare.Leaves.Select(FormOf)]));
                else all.Add(effect);
            }
        }

        return all;
    }

    /// <summary>How a leaf is to travel.</summary>
    public Func<ShipLeaf, TravelForm> FormOf { get; init; } = leaf => TravelForm.Plain(leaf.BytesLength);

    public IReadOnlyList<ShipEffect> After(TimeSpan wait)
    {
        Now += wait;
        return On(new ShipEvent.Tick());
    }

    public IReadOnlyList<ShipEffect> Cut(params IEnumerable<ShipLeaf> leaves)
    {
        List<ShipEffect> effects = [];
        foreach (ShipLeaf leaf in leaves) effects.AddRange(On(new ShipEvent.LeafCut(leaf)));
        return effects;
    }

    public IReadOnlyList<ShipEffect> Say(NodeId node, params IEnumerable<EdgeAnswer> answers) =>
        SayAt(1, node, answers);

    public IReadOnlyList<ShipEffect> SayAt(long epoch, NodeId node, params IEnumerable<EdgeAnswer> answers) =>
        On(new ShipEvent.Answered(
            new EdgeAnswers(new MessageHeader(ClusterA, new Epoch(epoch)), node, [.. answers])));

    /// <summary>
    /// Connects, hears of the cluster, is registered; returns what the registration set off.
    /// </summary>
    public IReadOnlyList<ShipEffect> Register(int chunkBytes = 1_024)
    {
        On(new ShipEvent.LinkUp(chunkBytes));
        On(new ShipEvent.Cluster(Info()));
        return Say(N1, new EdgeAnswer.Hello(Instance, First, HelloVerdict.Registered, ""));
    }

    /// <summary>
    /// Reports every message with data as sent, and what that sets off, until nothing is sent any more.
    /// </summary>
    public IReadOnlyList<ShipEffect> Deliver(IReadOnlyList<ShipEffect> effects)
    {
        List<ShipEffect> all = [.. effects];
        for (int next = 0; next < all.Count; next++)
        {
            ShipEvent? sent = all[next] switch
            {
                ShipEffect.SendOffer offer => new ShipEvent.Sent(offer.LinkGeneration, offer.Leaf.Leaf.Hash)
                {
                    Others = [.. offer.Leaves.Skip(1).Select(other => other.Leaf.Leaf.Hash)],
                },
                ShipEffect.SendChunk chunk => new ShipEvent.Sent(chunk.LinkGeneration, chunk.Leaf.Leaf.Hash),
                _ => null,
            };
            if (sent is not null) all.AddRange(On(sent));
        }

        return all;
    }

    public static ImmutableArray<WantRange> Ranges(params (long Offset, long Length)[] ranges) =>
        [.. ranges.Select(r => new WantRange(r.Offset, r.Length))];
}
