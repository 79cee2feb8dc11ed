namespace TsDb.Columnar;

/// <summary>How segments are written. Readers need none of it.</summary>
public sealed record SegmentOptions
{
    /// <summary>What segments are written with unless something else is asked for.</summary>
    public static SegmentOptions Default { get; } = new();

    /// <summary>
    /// Rows of a row group, at most; readers take no more than <see cref="RowGroupRowsLimit"/>.
    /// </summary>
    public int RowGroupRowsMax
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, RowGroupRowsLimit);
            field = value;
        }
    } = 122_880;

    /// <summary>Zstd's level, 1 (fast) to 19 (small).</summary>
    public int ZstdLevel
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ZstdLevelMax);
            field = value;
        }
    } = 3;

    /// <summary>The highest of zstd's levels that segments are written with.</summary>
    public const int ZstdLevelMax = 19;

    /// <summary>The largest row group of the format.</summary>
    public const int RowGroupRowsLimit = 1 << 20;

    /// <summary>Text bytes of one field in a row group, at most, unless a single row has more.</summary>
    public const int RowGroupTextBytesMax = 64 << 20;
}
