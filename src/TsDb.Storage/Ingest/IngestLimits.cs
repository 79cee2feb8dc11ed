namespace TsDb.Storage.Ingest;

/// <summary>
/// How much one request may hold, and how many names it may bring. Every value is checked when it is set.
/// </summary>
public sealed record IngestLimits
{
    /// <summary>Bytes of a body, after it was unpacked.</summary>
    public int BodyBytesMax { get; init => field = Positive(value); } = 32 << 20;

    /// <summary>Different UTC days that the points of one request lie on.</summary>
    public int DaysPerRequestMax { get; init => field = Positive(value); } = 1_000;

    /// <summary>Tags and fields of one table.</summary>
    public int ColumnsPerTableMax { get; init => field = Positive(value); } = 1_000;

    /// <summary>Tables of one database.</summary>
    public int TablesPerDatabaseMax { get; init => field = Positive(value); } = 10_000;

    /// <summary>Databases of this node.</summary>
    public int DatabasesMax { get; init => field = Positive(value); } = 1_000;

    /// <summary>Bytes of one text value.</summary>
    public int TextBytesMax { get; init => field = Positive(value); } = 1 << 20;

    /// <summary>
    /// Values, absent ones included, that the columns of one request may have room for: rows times fields,
    /// table by table.
    /// </summary>
    public long CellsPerRequestMax { get; init => field = Positive(value); } = 16 << 20;

    /// <summary>Refused lines that an answer lists; the others are counted.</summary>
    public int RefusalsListedMax { get; init => field = Positive(value); } = 1_000;

    private static int Positive(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }

    private static long Positive(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }
}
