using TsDb.Model;

namespace TsDb.Codec.Replica;

/// <summary>A leaf on a cloud node's disk, as its catalog records it.</summary>
public sealed record ReplicaLeaf
{
    /// <summary>The leaf.</summary>
    public required Leaf Leaf { get; init; }

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
