namespace TsDb.Storage.Hot;

/// <summary>
/// When small batches become one: eight neighbours of about the same size, as the carry of a counter, so that
/// a row is copied a few times at most and a table never has many small batches.
/// </summary>
internal static class CoalescePolicy
{
    /// <summary>A batch with at least so many rows stays as it is.</summary>
    public const int RowsLarge = 1_024;

    /// <summary>How many neighbours become one.</summary>
    public const int FanIn = 8;

    /// <summary>
    /// How many of the last batches should become one: <see cref="FanIn"/> or 0. <paramref name="rowsAt"/>
    /// gives the rows of the batch at a position.
    /// </summary>
    public static int TailLength(int count, Func<int, int> rowsAt)
    {
        if (count < FanIn) return 0;
        int level = Level(rowsAt(count - 1));
        if (level < 0) return 0;
        for (int i = count - FanIn; i < count; i++)
        {
            int other = Level(rowsAt(i));
            if (other < 0 || other > level) return 0;
        }

        return FanIn;
    }

    private static int Level(int rows) => rows switch
    {
        >= RowsLarge => -1,
        >= 512 => 2,
        >= 64 => 1,
        _ => 0,
    };
}
