using System.Collections.Concurrent;
using Apache.Arrow;

namespace TsDb.Columnar.Vectors;

/// <summary>
/// Rows of one edge and table that a query computes with directly: a row group of a segment, a merged window,
/// or a batch of the hot buffer. Columns are decoded when they are first asked for. Safe for several threads.
/// </summary>
public sealed class RowBlock
{
    private readonly ConcurrentDictionary<string, ColumnVector?> _fields = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TagCodes?> _tags = new(StringComparer.Ordinal);
    private readonly Func<string, IArrowArray?> _decode;
    private readonly Action<long> _onBytes;
    private readonly Lock _decoding = new();
    private readonly long[] _times;
    private readonly int[] _series;

    /// <summary>Takes the keys of the rows.</summary>
    /// <param name="keys">Series and times; its fields are not looked at.</param>
    /// <param name="isSorted">True if rows are sorted by (series, time) and each key is there once.</param>
    /// <param name="decode">Decodes a field; null if there is none of the name.</param>
    /// <param name="onBytes">Told of the bytes of memory that each decoded column takes.</param>
    internal RowBlock(TableBatch keys, bool isSorted, Func<string, IArrowArray?> decode, Action<long> onBytes)
    {
        (Series, _decode, _onBytes) = (keys.Series, decode, onBytes);
        _times = keys.Times.ToArray();
        _series = isSorted ? [] : keys.SeriesIndex.ToArray();
        IsSorted = isSorted;
        if (isSorted) SeriesStarts = Starts(keys.SeriesIndex, Series.Length);
        onBytes((long)_times.Length * sizeof(long) + (long)_series.Length * sizeof(int));
    }

    /// <summary>One utf8 column a tag, one row a series.</summary>
    public RecordBatch Series { get; }

    /// <summary>Number of rows.</summary>
    public int RowCount => _times.Length;

    /// <summary>True if the rows of each series lie together in the order of time, each time once.</summary>
    public bool IsSorted { get; }

    /// <summary>Where the rows of each series begin, and the number of rows; empty unless sorted.</summary>
    public int[] SeriesStarts { get; } = [];

    /// <summary>By row, in nanoseconds since the Unix epoch.</summary>
    public ReadOnlySpan<long> Times => _times;

    /// <summary>By row: its series; empty if sorted.</summary>
    public ReadOnlySpan<int> SeriesIndex => _series;

    /// <summary>
    /// A batch whose rows lie in any order, but no key twice. What is decoded is kept as long as the batch.
    /// </summary>
    public static RowBlock Of(TableBatch batch) => Of(batch, isSorted: false);

    /// <summary>A sorted run.</summary>
    public static RowBlock Of(SortedRun run) => Of(run.Batch, isSorted: true);

    /// <summary>A field's values; null if no row has one.</summary>
    public ColumnVector? Field(string name)
    {
        if (_fields.TryGetValue(name, out ColumnVector? known)) return known;
        lock (_decoding)
        {
            return _fields.GetOrAdd(name, wanted =>
            {
                ColumnVector? vector = _decode(wanted) is { } array ? ColumnVector.Of(array) : null;
                _onBytes(vector?.Bytes ?? 0);
                return vector;
            });
        }
    }

    /// <summary>Bytes of each integer of a field as it is kept here; 0 if no row has a value; null for what
    /// is not decoded yet, or is no integer.</summary>
    public int? IntegerBytes(string name) => !_fields.TryGetValue(name, out ColumnVector? known) ? null
        : known switch
        {
            null => 0,
            NumberVector<short> => sizeof(short),
            NumberVector<int> => sizeof(int),
            NumberVector<long> => sizeof(long),
            _ => null,
        };

    /// <summary>A tag's values by series; null if no series has it.</summary>
    public TagCodes? Tag(string name) => _tags.GetOrAdd(name, wanted =>
    {
        for (int i = 0; i < Series.ColumnCount; i++)
        {
            if (Series.Schema.FieldsList[i].Name == wanted)
                return new TagCodes((StringArray)Series.Column(i));
        }

        return null;
    });

    private static RowBlock Of(TableBatch batch, bool isSorted) => new(
        batch,
        isSorted,
        name =>
        {
            for (int i = TableBatch.FieldsStart; i < batch.Rows.ColumnCount; i++)
            {
                if (batch.Rows.Schema.FieldsList[i].Name == name) return batch.Rows.Column(i);
            }

            return null;
        },
        static _ => { });

    private static int[] Starts(ReadOnlySpan<int> series, int count)
    {
        int[] starts = new int[count + 1];
        int next = 0;
        for (int row = 0; row < series.Length; row++)
        {
            while (next <= series[row]) starts[next++] = row;
        }

        while (next <= count) starts[next++] = series.Length;
        return starts;
    }
}
