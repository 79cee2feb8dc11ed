using Apache.Arrow;

namespace TsDb.Columnar.Merging;

/// <summary>
/// Compares tag sets of two batches over named tags; a batch that lacks a tag has it absent in every set.
/// </summary>
internal static class TagSets
{
    public static int Compare(
        IReadOnlyList<string> tags, RecordBatch left, int leftRow, RecordBatch right, int rightRow)
    {
        foreach (string tag in tags)
        {
            int order = ValueOf(left, tag, leftRow).SequenceCompareTo(ValueOf(right, tag, rightRow));
            if (order != 0) return order;
        }

        return 0;
    }

    public static ReadOnlySpan<byte> ValueOf(RecordBatch series, string tag, int row)
    {
        int place = series.Schema.GetFieldIndex(tag, StringComparer.Ordinal);
        return place < 0 ? [] : new Utf8Column((StringArray)series.Column(place))[row];
    }
}
