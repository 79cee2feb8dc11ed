namespace TsDb.Storage.Shipping;

/// <summary>When sealed segments of a cell become a shipment.</summary>
public sealed record CutLimits
{
    /// <summary>A cell is cut when its uncut segments have this many bytes (<c>--ship-bytes</c>).</summary>
    public long ShipBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 8L << 20;

    /// <summary>
    /// A cell is cut when its oldest uncut segment was sealed this long ago (<c>--ship-delay</c>).
    /// </summary>
    public TimeSpan ShipDelay
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A cell is cut when its uncut segments have this many rows: it bounds the memory of the merge.
    /// </summary>
    public long RowsMax { get; init; } = 1_000_000;

    /// <summary>Most segments merged by one cut: it bounds open files and memory.</summary>
    public int SegmentsMax { get; init; } = 64;
}
