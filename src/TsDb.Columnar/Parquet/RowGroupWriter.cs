using Apache.Arrow;
using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>Writes row groups of one sorted batch: time, tags, fields.</summary>
internal sealed class RowGroupWriter
{
    public static readonly FileColumn Time = FileColumn.Of(
        FileNames.Time, new Model.Column(FileNames.Time, ColumnRole.Time, FieldType.Int64));

    private readonly TableBatch _batch;
    private readonly IReadOnlyList<FileColumn> _tags;
    private readonly IReadOnlyList<ColumnPlan> _fields;
    private readonly ChunkWriter _file;
    private readonly ChunkPages _pages = new();
    private readonly ChunkEncoder _encoder;

    public RowGroupWriter(
        TableBatch batch, IReadOnlyList<FileColumn> tags, IReadOnlyList<ColumnPlan> fields, ChunkWriter file)
    {
        (_batch, _tags, _fields, _file) = (batch, tags, fields, file);
        _encoder = new ChunkEncoder(_pages);
    }

    public RowGroupInfo Write(int start, int length)
    {
        List<ChunkInfo> chunks = new(1 + _tags.Count + _fields.Count);
        _encoder.Time(_batch.Times.Slice(start, length));
        chunks.Add(_file.Write(Time, _pages));
        List<(int Series, int Rows)> runs = Runs(_batch.SeriesIndex.Slice(start, length));
        for (int i = 0; i < _tags.Count; i++)
        {
            _encoder.Tag((StringArray)_batch.Series.Column(i), runs);
            chunks.Add(_file.Write(_tags[i], _pages));
        }

        for (int i = 0; i < _fields.Count; i++)
        {
            _encoder.Field(_fields[i], _batch.Rows.Column(TableBatch.FieldsStart + i), start, length);
            chunks.Add(_file.Write(_fields[i].Column, _pages));
        }

        return new RowGroupInfo(length, chunks);
    }

    private static List<(int Series, int Rows)> Runs(ReadOnlySpan<int> series)
    {
        List<(int, int)> runs = [];
        for (int start = 0; start < series.Length;)
        {
            int length = series[start..].IndexOfAnyExcept(series[start]);
            if (length < 0) length = series.Length - start;
            runs.Add((series[start], length));
            start += length;
        }

        return runs;
    }
}
