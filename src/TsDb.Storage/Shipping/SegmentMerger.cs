using System.Globalization;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Compaction;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Shipping;

/// <summary>
/// Merges Parquet segments with the one merge by key. Inputs are bounded by <see cref="CutLimits"/>.
/// </summary>
public sealed class SegmentMerger(IDisk disk, SegmentOptions? options = null) : ISegmentMerger
{
    private const string TemporarySuffix = ".tmp";

    /// <inheritdoc/>
    public CutFile Merge(CutPlan plan)
    {
        SegmentFacts facts = new(plan.Cell, plan.Incarnation, new OrdinalRange(plan.Ordinal, plan.Ordinal));
        string prefix = string.Create(CultureInfo.InvariantCulture, $"cut-{plan.Ordinal.Value:D8}");
        return Merge(plan.Inputs, facts, prefix, PointMask.None)!;
    }

    /// <inheritdoc/>
    public CutFile? Merge(CompactionPlan plan, PointMask without)
    {
        OrdinalRange ordinals = plan.Facts.Ordinals;
        string kind = plan.AreCut ? "run" : "put";
        string prefix = string.Create(
            CultureInfo.InvariantCulture, $"{kind}-{ordinals.First.Value:D8}-{ordinals.Last.Value:D8}");
        return Merge(plan.Segments, plan.Facts, prefix, without);
    }

    private CutFile? Merge(
        IEnumerable<StoredSegment> oldestFirst, SegmentFacts facts, string prefix, PointMask without)
    {
        using MemoryStream file = new();
        if (Merge(oldestFirst, facts, file, without) is not { } manifest) return null;
        ReadOnlySpan<byte> bytes = file.GetBuffer().AsSpan(0, (int)file.Length);
        ContentHash hash = ContentHash.Of(bytes);
        string name = $"{SegmentFolder.Of(facts.Cell)}/{prefix}-{hash.ToDigitsInName()}.parquet";
        Place(name, bytes);
        return new CutFile(name, file.Length, hash, manifest);
    }

    private SegmentManifest? Merge(
        IEnumerable<StoredSegment> oldestFirst, SegmentFacts facts, Stream destination,
        PointMask without)
    {
        List<SegmentReader> readers = [];
        try
        {
            foreach (StoredSegment segment in oldestFirst) readers.Add(Open(segment));
            bool isAsItIs = !without.IsEmpty && readers.Count == 1 && !without.HidesAny(readers[0]);
            return isAsItIs ? null : SegmentWriter.Merge(readers, facts, destination, options, without);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    private SegmentReader Open(StoredSegment segment)
    {
        byte[] bytes = new byte[segment.BytesLength];
        using (IDiskFile file = disk.Open(segment.Name))
        {
            int read = 0;
            for (int got; (got = file.ReadAt(read, bytes.AsSpan(read))) > 0;) read += got;
            if (read < bytes.Length)
                throw new TsDbException(
                    ErrorKind.Corrupt, $"{disk.FullPath(segment.Name)} ends early, at offset {read}");
        }

        // The reader keeps the stream, which holds nothing but these bytes.
        return SegmentReader.Open(new MemoryStream(bytes, writable: false), disk.FullPath(segment.Name));
    }

    private void Place(string name, ReadOnlySpan<byte> bytes)
    {
        string temporary = name + TemporarySuffix;
        try
        {
            disk.Delete(temporary);
            using IDiskFile file = disk.Create(temporary);
            file.Append(bytes);
            file.Sync();
        }
        catch (IOException)
        {
            disk.Delete(temporary);
            throw;
        }

        disk.Rename(temporary, name);
        disk.SyncDirectory(name[..name.LastIndexOf('/')]);
    }
}
