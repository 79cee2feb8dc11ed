using TsDb.Model;

namespace TsDb.Codec.Replica;

/// <summary>A file on a cloud node's disk, as its catalog records it.</summary>
public sealed record ReplicaFile
{
    /// <summary>The cell that all rows belong to.</summary>
    public required Cell Cell { get; init; }

    /// <summary>The incarnation that cut its leaves.</summary>
    public required Incarnation Incarnation { get; init; }

    /// <summary>The file's hash and the leaves that it stands for.</summary>
    public required LeafRun Run { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    public required long BytesLength { get; init; }

    /// <summary>Number of rows.</summary>
    public required long Rows { get; init; }

    /// <summary>Number of distinct tag sets.</summary>
    public required long SeriesCount { get; init; }

    /// <summary>The times of the rows.</summary>
    public required TimeRange Range { get; init; }

    /// <summary>Its columns, and how the file holds them.</summary>
    public required ColumnSet Columns { get; init; }
}
