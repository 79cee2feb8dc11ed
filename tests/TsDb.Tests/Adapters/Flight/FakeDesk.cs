using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Repair;

namespace TsDb.Tests.Adapters.Flight;

/// <summary>Has one leaf, of which it says something to whatever it is asked.</summary>
internal sealed class FakeDesk : PeerDesk
{
    public static readonly Leaf Leaf = new(
        new Cell(new TableId("d", "täble"), new EdgeId("E1"), new Day(-3)),
        new Incarnation(new Guid(9, 8, 7, new byte[8])), new Ordinal(4), ContentHash.Of("x"u8));

    public StoredNotice? Notice { get; private set; }

    public LeafRun? Run { get; set; }

    public override ValueTask<StoredReply> StoredAsync(StoredNotice notice, CancellationToken ct)
    {
        Notice = notice;
        return ValueTask.FromResult(new StoredReply(new Epoch(9), [HeldState.Counted, HeldState.Absent]));
    }

    public override ImmutableArray<ShardDigest> ShardDigests(ImmutableArray<ShardId> shards) =>
        [.. shards.Select(s => new ShardDigest(s, LeafDigest.Of(Leaf), true))];

    public override ImmutableArray<DayDigest> DayDigests(ShardId shard) =>
        [new DayDigest(Leaf.Cell.Table, Leaf.Cell.Day, LeafDigest.Of(Leaf))];

    public override ImmutableArray<ListedLeaf> Leaves(ShardId shard, TableId table, Day day) =>
        [new ListedLeaf(Leaf, 77)];

    public override FilePiece Fetch(Leaf asked, long offset, int bytesMax) => asked == Leaf
        ? new FilePiece("a bytes are"u8.Slice((int)offset, bytesMax).ToArray(), Run)
        : throw new TsDbException(ErrorKind.NotFound, "no such leaf");
}
