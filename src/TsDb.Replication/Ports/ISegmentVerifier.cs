using TsDb.Model;

namespace TsDb.Replication.Ports;

/// <summary>Reads a segment file from the first byte to the last.</summary>
public interface ISegmentVerifier
{
    /// <summary>
    /// Decodes the manifest and every row group, and checks that they agree. Throws <see
    /// cref="ErrorKind.Corrupt"/> if the bytes are no such file, <see cref="ErrorKind.Invalid"/> if it is of
    /// a version this code does not know.
    /// </summary>
    SegmentManifest Verify(ReadOnlyMemory<byte> file);
}
