using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Shipping;

/// <summary>Merges segments of a cell into one file through the same merge and writer as the seal.</summary>
/// <param name="disk">Where the files lie.</param>
public sealed class SegmentMerger(IDisk disk) : ISegmentMerger
{
    private const string TemporarySuffix = ".tmp";

    /// <inheritdoc/>
    public CutFile Merge(CutPlan plan, string name)
    {
        SortedRun merged = KeyMerge.Merge(plan.Cell.Table, [.. plan.Segments.Select(Read)]);
        using MemoryStream bytes = new();
        OrdinalRange ordinals = new(plan.Ordinal, plan.Ordinal);
        SegmentManifest manifest = SegmentWriter.Write(
            merged, new SegmentFacts(plan.Cell, plan.Incarnation, ordinals), bytes);
        ReadOnlySpan<byte> content = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        Store(name, content);
        return new CutFile(content.Length, ContentHash.Of(content), manifest);
    }

    private TableBatch Read(StoredSegment segment)
    {
        using IDiskFile file = disk.Open(segment.Name);
        byte[] bytes = new byte[file.BytesLength];
        int length = 0;
        while (length < bytes.Length && file.ReadAt(length, bytes.AsSpan(length)) is > 0 and int read) length += read;
        using SegmentReader reader = SegmentReader.Open(new MemoryStream(bytes, 0, length), segment.Name);
        return reader.Read().Batch;
    }

    private void Store(string name, ReadOnlySpan<byte> content)
    {
        string temporary = name + TemporarySuffix;
        try
        {
            using (IDiskFile file = disk.Create(temporary))
            {
                file.Append(content);
                file.Sync();
            }

            disk.Rename(temporary, name);
            disk.SyncDirectory(name[..name.LastIndexOf('/')]);
        }
        catch (IOException)
        {
            disk.Delete(temporary);
            throw;
        }
    }
}
