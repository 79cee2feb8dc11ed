using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Storage.Ports;

/// <summary>Writes segment files.</summary>
public interface ISegmentFormat
{
    /// <summary>
    /// Writes the points of one cell as a whole file and answers with the manifest that stands in it. The
    /// stream is at its beginning, can only be written, and stays open.
    /// </summary>
    SegmentManifest Write(
        Stream destination, Cell cell, Incarnation incarnation, OrdinalRange ordinals, CellRows rows);
}
