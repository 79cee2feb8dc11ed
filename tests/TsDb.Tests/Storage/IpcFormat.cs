using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Tests.Storage;

/// <summary>Segments as Arrow IPC: quick to write and read where a test is not about Parquet.</summary>
public sealed class IpcFormat : ISegmentFormat
{
    public SegmentManifest Write(
        Stream destination, Cell cell, Incarnation incarnation, OrdinalRange ordinals, CellRows rows)
    {
        SortedRun run = rows.ToRun();
        destination.Write(BatchCodec.Encode([run.Batch]));
        return new SegmentManifest
        {
            Cell = cell,
            Incarnation = incarnation,
            Ordinals = ordinals,
            Range = run.Range,
            Rows = run.RowCount,
            SeriesCount = run.SeriesCount,
            Tags = [.. run.Batch.Series.Schema.FieldsList.Select(
                f => new Column(f.Name, ColumnRole.Tag, FieldType.String))],
            Fields = [],
        };
    }
}
