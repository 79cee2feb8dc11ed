using TsDb.Model;

namespace TsDb.Columnar.Merging;

/// <summary>Which rows of the inputs take part in a merge.</summary>
/// <param name="TimeFirst">The earliest time that does.</param>
/// <param name="TimeLast">The latest time that does.</param>
/// <param name="Rows">By input and row; null for all.</param>
internal readonly record struct RowFilter(long TimeFirst, long TimeLast, bool[]?[]? Rows)
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

    /// <summary>By row of the only input whether it takes part.</summary>
    public static RowFilter Only(bool[] rows) => Only([rows]);

    /// <summary>By input and row whether it takes part; all rows of an input that has null.</summary>
    public static RowFilter Only(bool[]?[] rows) => new(long.MinValue, long.MaxValue, rows);

    public bool Includes(int input, int row, long time) =>
        TimeFirst <= time && time <= TimeLast && Rows?[input]?[row] != false;
}
