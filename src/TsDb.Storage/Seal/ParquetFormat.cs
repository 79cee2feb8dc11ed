using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Seal;

/// <summary>Segments as Parquet files.</summary>
internal sealed class ParquetFormat(SegmentOptions options) : ISegmentFormat
{
    public SegmentManifest Write(
        Stream destination, Cell cell, Incarnation incarnation, OrdinalRange ordinals, CellRows rows) =>
        SegmentWriter.Write(rows, new SegmentFacts(cell, incarnation, ordinals), destination, options);
}
