using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// Checks what Arrow's arrays take on trust: that buffers are as long as the row count says, that text
/// offsets rise and stay inside the text, that every row's series exists.
/// </summary>
internal static class ArrowIntegrity
{
    /// <summary>
    /// Throws <see cref="ErrorKind.Corrupt"/> unless the batch can be read without a bounds error.
    /// </summary>
    public static void Require(TableBatch batch)
    {
        RequireColumns(batch, batch.Series);
        RequireColumns(batch, batch.Rows);
        foreach (IArrowArray tag in batch.Series.Arrays)
        {
            if (tag is not StringArray) throw Corrupt(batch, $"a tag is {tag.Data.DataType.Name}, not text");
        }

        if (batch.Rows.Column(TableBatch.SeriesColumn).NullCount > 0
            || batch.Rows.Column(TableBatch.TimeColumn).NullCount > 0)
            throw Corrupt(batch, "a row lacks its series or its time");
        int seriesCount = batch.Series.Length;
        foreach (int series in batch.SeriesIndex)
        {
            if ((uint)series >= (uint)seriesCount)
                throw Corrupt(batch, $"a row names series {series} of {seriesCount}");
        }
    }

    private static void RequireColumns(TableBatch owner, RecordBatch batch)
    {
        for (int i = 0; i < batch.ColumnCount; i++)
        {
            ArrayData data = batch.Column(i).Data;
            if (data.Length != batch.Length || data.Offset < 0)
                throw Corrupt(owner, $"a column has {data.Length} rows of {batch.Length}");
            RequireColumn(owner, data);
        }
    }

    private static void RequireColumn(TableBatch owner, ArrayData data)
    {
        long end = (long)data.Offset + data.Length;
        int validityBytes = data.Buffers[0].Length;
        bool hasNulls = data.NullCount != 0;
        if ((hasNulls && validityBytes * 8L < end) || data.NullCount > data.Length)
            throw Corrupt(owner, "a column's null bits are cut short");
        long needBytes = data.DataType.TypeId switch
        {
            ArrowTypeId.Int32 => end * sizeof(int),
            ArrowTypeId.Int64 or ArrowTypeId.UInt64 or ArrowTypeId.Double => end * sizeof(long),
            ArrowTypeId.Timestamp when data.DataType is TimestampType { Unit: TimeUnit.Nanosecond } =>
                end * sizeof(long),
            ArrowTypeId.Boolean => (end + 7) / 8,
            ArrowTypeId.String => data.Length == 0 ? 0 : (end + 1) * sizeof(int),
            _ => throw Corrupt(owner, $"a column has the unexpected type {data.DataType.Name}"),
        };
        if (data.Buffers[1].Length < needBytes) throw Corrupt(owner, "a column's values are cut short");
        if (data.DataType.TypeId == ArrowTypeId.String && data.Length > 0) RequireOffsets(owner, data);
    }

    private static void RequireOffsets(TableBatch owner, ArrayData data)
    {
        ReadOnlySpan<int> offsets = data.Buffers[1].Span.CastTo<int>().Slice(data.Offset, data.Length + 1);
        int last = offsets[0];
        if (last < 0) throw Corrupt(owner, "text starts before its buffer");
        foreach (int offset in offsets)
        {
            if (offset < last) throw Corrupt(owner, "text offsets fall");
            last = offset;
        }

        if (last > data.Buffers[2].Length) throw Corrupt(owner, "text ends behind its buffer");
    }

    private static TsDbException Corrupt(TableBatch owner, string why) =>
        new(ErrorKind.Corrupt, $"a batch of {owner.Table} is damaged: {why}");
}
