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

    /// <summary>
    /// Cells (a table's points of one UTC day) that the points of one request belong to: each becomes a file.
    /// </summary>
    public int TableDaysPerRequestMax { get; init => field = Positive(value); } = 4_096;

    /// <summary>Values that one tag of a table may get within a day; see <see cref="TagValues"/>.</summary>
    public int TagValuesMax { get; init => field = Positive(value); } = 2_000_000;

    /// <summary>Values that all tags of this node may get within a day.</summary>
    public int TagValuesOfAllMax { get; init => field = Positive(value); } = 8_000_000;

    /// <summary>How far ahead of the node's clock a point may be; null for any time.</summary>
    public TimeSpan? FutureMax { get; init; }

    /// <summary>How far behind the node's clock a point may be; null for any time.</summary>
    public TimeSpan? PastMax { get; init; }

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
