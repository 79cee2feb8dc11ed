using Apache.Arrow;

namespace TsDb.Columnar.Parquet;

/// <summary>Encodes whole columns, a chunk per row group.</summary>
internal sealed class ColumnEncoder
{
    private readonly IReadOnlyList<Range> _groups;
    private readonly ChunkWriter _chunks;
    private readonly ChunkPages _pages = new();
    private readonly ChunkEncoder _encoder;

    /// <param name="groups">Rows of each row group.</param>
    /// <param name="compressor">Compresses the pages.</param>
    public ColumnEncoder(IReadOnlyList<Range> groups, PageCompressor compressor)
    {
        (_groups, _chunks) = (groups, new ChunkWriter(compressor));
        _encoder = new ChunkEncoder(_pages);
    }

    public EncodedChunk[] Time(FileColumn column, ReadOnlySpan<long> times)
    {
        EncodedChunk[] chunks = new EncodedChunk[_groups.Count];
        for (int g = 0; g < chunks.Length; g++)
        {
            _encoder.Time(times[_groups[g]]);
            chunks[g] = _chunks.Write(column, _pages);
        }

        return chunks;
    }

    /// <param name="column">The tag's column in the file.</param>
    /// <param name="values">Its value by series.</param>
    /// <param name="runs">By row group: its series in row order, and how many rows each has there.</param>
    public EncodedChunk[] Tag(
        FileColumn column, StringArray values, IReadOnlyList<List<(int Series, int Rows)>> runs) =>
        [.. runs.Select(r =>
        {
            _encoder.Tag(values, r);
            return _chunks.Write(column, _pages);
        })];

    public EncodedChunk[] Field(ColumnPlan plan, IArrowArray values) => [.. _groups.Select(g =>
    {
        (int start, int length) = g.GetOffsetAndLength(values.Length);
        _encoder.Field(plan, values, start, length);
        return _chunks.Write(plan.Column, _pages);
    })];
}
