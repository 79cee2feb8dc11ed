using System.IO.Hashing;
using TsDb.Columnar;

namespace TsDb.Simulation.Queries;

/// <summary>Segments decoded once for each content: many nodes hold the same bytes.</summary>
public sealed class SegmentCache
{
    private readonly Dictionary<UInt128, TableBatch> _batches = [];

    /// <summary>The rows of a segment file.</summary>
    public TableBatch Read(ReadOnlyMemory<byte> file)
    {
        UInt128 content = XxHash128.HashToUInt128(file.Span);
        if (_batches.TryGetValue(content, out TableBatch? known)) return known;
        using MemoryStream stream = new(file.ToArray(), writable: false);
        using SegmentReader reader = SegmentReader.Open(stream);
        return _batches[content] = reader.Read().Batch;
    }
}
