namespace TsDb.Codec.Shipment;

/// <summary>Bytes that an owner lacks, in the travelling form.</summary>
public readonly record struct WantRange(long Offset, long Length)
{
    /// <summary>The first byte behind the range.</summary>
    public long End => Offset + Length;
}
