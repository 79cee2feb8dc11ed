using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>A shipment that an edge has cut and wants to be durable.</summary>
public sealed record Offer
{
    /// <summary>What is offered.</summary>
    public required Leaf Leaf { get; init; }

    /// <summary>Length of the plain file.</summary>
    public required long BytesLength { get; init; }

    /// <summary>
    /// Chunks are multiples of it, but the last, and so are offsets. 0 for an offer that is inline.
    /// </summary>
    public required int ChunkBytes { get; init; }

    /// <summary>Number of rows; 0 where the offer leaves it to the file.</summary>
    public long Rows { get; init; }

    /// <summary>The times of the rows; empty where the offer leaves them to the file.</summary>
    public TimeRange Range { get; init; }

    /// <summary>How the bytes travel.</summary>
    public TransferForm Form { get; init; }

    /// <summary>
    /// Length of the travelling form; chunk offsets and wants count in it. Equal to the file's when plain.
    /// </summary>
    public required long TransferBytes { get; init; }

    /// <summary>The leaf whose plain file is the zstd dictionary; null when there is none.</summary>
    public ContentHash? Dictionary { get; init; }

    /// <summary>
    /// For rows: the shipment of the same cell and incarnation that they refer to; null when there is none.
    /// </summary>
    public Ordinal? Reference { get; init; }

    /// <summary>The whole travelling form, when it fits one chunk; empty when chunks follow.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>True if the bytes came with the offer.</summary>
    public bool IsInline => !Payload.IsEmpty;
}
