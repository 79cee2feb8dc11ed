using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>A leaf in the ledger. It outlives its file.</summary>
/// <param name="Leaf">The cut shipment.</param>
/// <param name="SegmentName">The file that holds its rows, or null if no file here does.</param>
/// <param name="BytesLength">Size of the cut file in bytes.</param>
/// <param name="Presence">What became of the bytes.</param>
/// <param name="DurableAt">The epoch at which the cloud said durable, or null.</param>
public sealed record LedgerLeaf(
    Leaf Leaf, string? SegmentName, long BytesLength, LeafPresence Presence, Epoch? DurableAt)
{
    /// <summary>True if the cloud will never need it: its day is below the horizon.</summary>
    public bool IsUnwanted { get; init; }

    /// <summary>When it was cut, by the wall clock of then; null if that is not known.</summary>
    public DateTimeOffset? CutAt { get; init; }

    /// <summary>Why it is not offered any more; null if it is.</summary>
    public SetAside? Aside { get; init; }
}
