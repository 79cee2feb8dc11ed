using Apache.Arrow;
using TsDb.Columnar;

namespace TsDb.Storage.Hot;

/// <summary>What a batch costs in memory, bookkeeping included: small batches are mostly that.</summary>
internal static class BatchSize
{
    // Measured as managed objects: array, data, buffers, field. A series also stands in the tracker of keys.
    private const int ColumnOverheadBytes = 400;
    private const int SeriesOverheadBytes = 32;

    public static long Of(TableBatch batch) =>
        Of(batch.Series) + Of(batch.Rows) + ((long)batch.Series.Length * SeriesOverheadBytes);

    private static long Of(RecordBatch batch)
    {
        long bytes = 0;
        foreach (IArrowArray array in batch.Arrays)
        {
            bytes += ColumnOverheadBytes;
            foreach (ArrowBuffer buffer in array.Data.Buffers) bytes += buffer.Length;
        }

        return bytes;
    }
}
