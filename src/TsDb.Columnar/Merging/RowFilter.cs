using TsDb.Model;

namespace TsDb.Columnar.Merging;

/// <summary>Which rows of the inputs take part in a merge.</summary>
/// <param name="TimeFirst">The earliest time that does.</param>
/// <param name="TimeLast">The latest time that does.</param>
/// <param name="Rows">By row of the only input; null for all.</param>
internal readonly record struct RowFilter(long TimeFirst, long TimeLast, bool[]? Rows)
{
    /// <summary>
    /// Times of the range; an end of <see cref="long.MaxValue"/> includes that last of all times.
    /// </summary>
    public static RowFilter Within(TimeRange? window) => window switch
    {
        null => new RowFilter(long.MinValue, long.MaxValue, null),
        { IsEmpty: true } => new RowFilter(1, 0, null),
        { EndNanoseconds: long.MaxValue } range => new RowFilter(range.StartNanoseconds, long.MaxValue, null),
        { } range => new RowFilter(range.StartNanoseconds, range.EndNanoseconds - 1, null),
    };

    public static RowFilter Only(bool[] rows) => new(long.MinValue, long.MaxValue, rows);

    public bool Includes(int row, long time) =>
        TimeFirst <= time && time <= TimeLast && (Rows is null || Rows[row]);
}
