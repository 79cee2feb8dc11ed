using Apache.Arrow;
using TsDb.Columnar.Merging;
using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Decodes one row group into a batch of its own, and checks that it is sorted and that no key repeats.
/// </summary>
internal sealed class RowGroupReader(TableId table, IReadOnlyList<FileColumn> columns, Stream file)
    : IDisposable
{
    private readonly ChunkReader _pages = new(file);

    public void Dispose() => _pages.Dispose();

    /// <param name="group">The row group.</param>
    /// <param name="includes">Which fields to decode; tags and time always are.</param>
    public TableBatch Read(RowGroupInfo group, Func<Model.Column, bool> includes)
    {
        int rows = RowsOf(group);
        ChunkDecoder decoder = new(_pages);
        long[] times = [];
        List<(string Name, TagChunk Chunk)> tags = [];
        List<Field> fields = [RowColumns.SeriesField, RowColumns.TimeField];
        List<IArrowArray> arrays = [];
        for (int i = 0; i < columns.Count; i++)
        {
            Model.Column logical = columns[i].Logical;
            if (logical.Role == ColumnRole.Field && !includes(logical)) continue;
            switch (logical.Role)
            {
                case ColumnRole.Time:
                    Load(group, i, rows);
                    times = decoder.Time(rows);
                    break;
                case ColumnRole.Tag:
                    Load(group, i, rows);
                    tags.Add((logical.Name, decoder.Tag(rows)));
                    break;
                default:
                    IArrowArray array = ReadField(group, i, rows, decoder);
                    arrays.Add(array);
                    fields.Add(new Field(logical.Name, array.Data.DataType, nullable: true));
                    break;
            }
        }

        List<int> starts = SeriesStarts([.. tags.Select(t => t.Chunk)], rows);
        int[] series = new int[rows];
        for (int s = 0; s < starts.Count; s++)
            series.AsSpan(starts[s]..(s + 1 < starts.Count ? starts[s + 1] : rows)).Fill(s);
        RequireOrder(tags, starts, series, times);
        RecordBatch rowBatch = new(
            new Schema(fields, null), [RowColumns.Series(series), RowColumns.Times(times), .. arrays], rows);
        return new TableBatch(table, Series(tags, starts), rowBatch);
    }

    /// <summary>One field of the row group; null if the file has no such field.</summary>
    public IArrowArray? ReadField(RowGroupInfo group, string name)
    {
        int rows = RowsOf(group);
        for (int i = 0; i < columns.Count; i++)
        {
            if (columns[i].Logical.Role != ColumnRole.Field || columns[i].Logical.Name != name) continue;
            return ReadField(group, i, rows, new ChunkDecoder(_pages));
        }

        return null;
    }

    private static int RowsOf(RowGroupInfo group) =>
        group.Rows is >= 1 and <= SegmentOptions.RowGroupRowsLimit
        ? (int)group.Rows
        : throw Damage.Found($"a row group of {group.Rows} rows");

    private IArrowArray ReadField(RowGroupInfo group, int column, int rows, ChunkDecoder decoder)
    {
        Load(group, column, rows);
        return decoder.Field(columns[column], rows);
    }

    private void Load(RowGroupInfo group, int column, int rows)
    {
        if (group.Chunks[column].Physical != columns[column].Physical)
            throw Damage.Found($"column '{columns[column].Name}' is of another type in a row group");
        _pages.Load(group.Chunks[column], rows);
    }

    /// <summary>Rows where the value of some tag changes: each begins a series.</summary>
    private static List<int> SeriesStarts(TagChunk[] tags, int rows)
    {
        bool[] isStart = new bool[rows];
        isStart[0] = true;
        foreach (TagChunk tag in tags)
        {
            ReadOnlySpan<int> places = tag.Places;
            for (int start = 0; start < rows;)
            {
                int length = places[start..].IndexOfAnyExcept(places[start]);
                if (length < 0) break;
                start += length;
                isStart[start] = true;
            }
        }

        List<int> starts = [];
        for (int row = 0; row >= 0 && row < rows;)
        {
            starts.Add(row);
            int next = isStart.AsSpan(row + 1).IndexOf(true);
            row = next < 0 ? rows : row + 1 + next;
        }

        return starts;
    }

    private static void RequireOrder(
        List<(string Name, TagChunk Chunk)> tags, List<int> starts, int[] series, long[] times)
    {
        for (int s = 1; s < starts.Count; s++)
        {
            int order = 0;
            for (int t = 0; t < tags.Count && order == 0; t++)
                order = tags[t].Chunk.ValueAt(starts[s - 1])
                    .SequenceCompareTo(tags[t].Chunk.ValueAt(starts[s]));
            if (order >= 0) throw Damage.Found($"row {starts[s]}: series are not in order");
        }

        for (int row = 1; row < times.Length; row++)
        {
            if (times[row] <= times[row - 1] && series[row] == series[row - 1])
                throw Damage.Found($"row {row}: a time is not behind the one before");
        }
    }

    private static RecordBatch Series(List<(string Name, TagChunk Chunk)> tags, List<int> starts)
    {
        List<Field> fields = [];
        List<IArrowArray> arrays = [];
        foreach ((string name, TagChunk chunk) in tags)
        {
            TextGather gather = new(starts.Count);
            foreach (int start in starts) gather.Append(chunk.ValueAt(start));
            if (gather.Build() is not { } array) continue;
            fields.Add(new Field(name, array.Data.DataType, nullable: true));
            arrays.Add(array);
        }

        return new RecordBatch(new Schema(fields, null), arrays, starts.Count);
    }
}
