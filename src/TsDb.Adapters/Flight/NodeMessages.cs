using Google.Protobuf;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Repair;
using TsDb.Replication.Serving;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Nouns to the messages of node.proto and back. Reading throws Invalid for whatever cannot be right.
/// </summary>
internal static class NodeMessages
{
    /// <summary>More shards no cluster has.</summary>
    public const int ShardsMax = 1 << 16;

    private const int IdBytes = 16;

    public static ByteString Bytes(Guid id) => ByteString.CopyFrom(id.ToByteArray(bigEndian: true));

    public static Guid Id(ByteString bytes, string what) => bytes.Length == IdBytes
        ? new Guid(bytes.Span, bigEndian: true)
        : throw Wrong($"{what} has {IdBytes} bytes, not {bytes.Length}");

    public static CellName Name(Cell cell) => new()
    {
        Database = cell.Table.Database,
        Table = cell.Table.Table,
        Edge = cell.Edge.Value,
        Day = cell.Day.Number,
    };

    public static Cell Cell(CellName? name) => name is null
        ? throw Wrong("a cell is missing")
        : new Cell(new TableId(name.Database, name.Table), new EdgeId(name.Edge), new Day(name.Day));

    public static LeafName Name(Leaf leaf) => new()
    {
        Cell = Name(leaf.Cell),
        Incarnation = Bytes(leaf.Incarnation.Value),
        Ordinal = leaf.Ordinal.Value,
        Hash = ByteString.CopyFrom(leaf.Hash.ToArray()),
    };

    public static Leaf Leaf(LeafName? name)
    {
        if (name is null) throw Wrong("a leaf is missing");
        if (name.Ordinal < Ordinal.First.Value) throw Wrong("an ordinal is at least 1");
        return new Leaf(
            Cell(name.Cell),
            new Incarnation(Id(name.Incarnation, "an incarnation")),
            new Ordinal(name.Ordinal),
            new ContentHash(name.Hash.Span));
    }

    public static FetchAnswer.Types.Run Name(LeafRun run)
    {
        byte[] hashes = new byte[run.Leaves.Length * ContentHash.BytesLength];
        for (int i = 0; i < run.Leaves.Length; i++)
            run.Leaves[i].CopyTo(hashes.AsSpan(i * ContentHash.BytesLength));
        return new FetchAnswer.Types.Run
        {
            FileHash = ByteString.CopyFrom(run.File.ToArray()),
            FirstOrdinal = run.First.Value,
            LeafHashes = UnsafeByteOperations.UnsafeWrap(hashes),
            PurgedTo = run.PurgedTo,
        };
    }

    public static ErasuresAnswer.Types.Edge Name(EdgeId edge, EdgeErasureWord word)
    {
        ErasuresAnswer.Types.Edge named = new() { Edge_ = edge.Value, Number = word.Number };
        if (word.FilesLeft is { } left) named.FilesLeft = left;
        return named;
    }

    public static LeafRun? Run(FetchAnswer.Types.Run? run)
    {
        if (run is null) return null;
        if (run.LeafHashes.Length % ContentHash.BytesLength != 0
            || run.LeafHashes.Length > LeafRun.LeavesMax * ContentHash.BytesLength)
            throw Wrong($"{run.LeafHashes.Length} bytes are no hashes of leaves");
        return new LeafRun(
            new ContentHash(run.FileHash.Span),
            new Ordinal(run.FirstOrdinal),
            [.. run.LeafHashes.ToByteArray().Chunk(ContentHash.BytesLength).Select(h => new ContentHash(h))])
        {
            PurgedTo = run.PurgedTo,
        };
    }

    public static Digest Name(LeafDigest digest) => new()
    {
        Count = digest.Count,
        SumHigh = (ulong)(digest.Sum >> 64),
        SumLow = (ulong)digest.Sum,
    };

    public static LeafDigest Digest(Digest? digest) => digest is { Count: >= 0 }
        ? new LeafDigest(digest.Count, new UInt128(digest.SumHigh, digest.SumLow))
        : throw Wrong("a digest counts leaves");

    /// <summary>A shard of the cluster. Throws <see cref="ErrorKind.Invalid"/> if there is none of that
    /// number.</summary>
    public static ShardId Shard(int number, IClusterState cluster) =>
        number >= 0 && number < (cluster.Current?.ShardCount ?? ShardsMax)
            ? new ShardId(number) : throw Wrong($"there is no shard {number}");

    public static HeldState Held(uint number) => number <= (uint)HeldState.Counted
        ? (HeldState)number
        : throw Wrong($"{number} does not say whether a leaf is held");

    public static TsDbException Wrong(string what) =>
        new(ErrorKind.Invalid, $"message from another node: {what}");

    /// <summary>The time by another node's clock; null if it said none, or one out of reach.</summary>
    public static DateTimeOffset? Clock(long unixMilliseconds) =>
        unixMilliseconds is > 0 and < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds) : null;
}
