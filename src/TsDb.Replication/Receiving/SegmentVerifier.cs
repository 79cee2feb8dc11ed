using System.Runtime.InteropServices;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Ports;

namespace TsDb.Replication.Receiving;

/// <summary>Verifies segments with the one reader there is.</summary>
public sealed class SegmentVerifier : ISegmentVerifier
{
    /// <inheritdoc/>
    public SegmentManifest Verify(ReadOnlyMemory<byte> file)
    {
        ArraySegment<byte> bytes = MemoryMarshal.TryGetArray(file, out ArraySegment<byte> array)
            ? array
            : new ArraySegment<byte>(file.ToArray());
        using MemoryStream stream = new(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        using SegmentReader reader = SegmentReader.Open(stream, "shipment");
        reader.Verify();
        return reader.Manifest;
    }
}
