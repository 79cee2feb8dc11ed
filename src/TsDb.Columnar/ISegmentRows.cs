using Apache.Arrow;

namespace TsDb.Columnar;

/// <summary>
/// What a segment is written from: rows sorted by (tags, time), each key once, whose fields are made one at a
/// time, so that no more than one of them need be in memory.
/// </summary>
internal interface ISegmentRows
{
    /// <summary>The tag sets in order.</summary>
    RecordBatch Series { get; }

    /// <summary>By row: its series.</summary>
    ReadOnlySpan<int> SeriesIndex { get; }

    /// <summary>By row: its time.</summary>
    ReadOnlySpan<long> Times { get; }

    /// <summary>The fields' names and types.</summary>
    IReadOnlyList<Field> Fields { get; }

    /// <summary>The values of a field; null if no row has one. May be asked for more than once.</summary>
    IArrowArray? Column(int field);
}
