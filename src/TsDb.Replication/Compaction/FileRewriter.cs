using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Compaction;

/// <summary>
/// Makes one file of one or several at a cloud node, without what is erased for good. What is read is
/// compared with its hash and what was made is read again, before it takes the place of files whose bytes are
/// then gone. Blocks on the disk.
/// </summary>
internal sealed class FileRewriter(ReplicaStore store, ISegmentVerifier verifier, ILogger log)
{
    /// <summary>
    /// The bytes of files; null if one is not there as it was: damage must not get the hash of a whole file.
    /// </summary>
    public List<ReadOnlyMemory<byte>>? Read(ImmutableArray<StoredFile> files)
    {
        List<ReadOnlyMemory<byte>> inputs = [];
        foreach (StoredFile file in files)
        {
            try
            {
                (StoredFile read, ReadOnlyMemory<byte> bytes) =
                    store.Read(file.LeafAt(0), 0, checked((int)file.Extent.BytesLength));
                if (read != file) return null;
                if (ContentHash.Of(bytes.Span) != file.Hash)
                {
                    store.Scrub(file);
                    return null;
                }

                inputs.Add(bytes);
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.NotFound)
            {
                Receiving.Log.NotMerged(log, file.Cell, e.Message);
                return null;
            }
        }

        return inputs;
    }

    /// <summary>Does something with readers of files.</summary>
    public static T With<T>(List<ReadOnlyMemory<byte>> inputs, Func<List<SegmentReader>, T> work)
    {
        List<SegmentReader> readers = [];
        try
        {
            foreach (ReadOnlyMemory<byte> input in inputs)
            {
                MemoryMarshal.TryGetArray(input, out ArraySegment<byte> bytes);
                readers.Add(SegmentReader.Open(
                    new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false), "a segment"));
            }

            return work(readers);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    /// <summary>
    /// The new file of these. Throws <see cref="ErrorKind.Corrupt"/> or <see cref="ErrorKind.Invalid"/> if
    /// they cannot be read or put together.
    /// </summary>
    /// <param name="files">Files of one cell and incarnation, by ordinals without a gap.</param>
    /// <param name="inputs">Their bytes.</param>
    /// <param name="purge">What is left out.</param>
    public VerifiedLeaf Write(
        ImmutableArray<StoredFile> files, List<ReadOnlyMemory<byte>> inputs, TablePurge purge)
    {
        SegmentFacts facts = new(
            files[0].Cell, files[0].Incarnation, new OrdinalRange(files[0].First, files[^1].Last));
        using MemoryStream file = new();
        SegmentManifest written = With(
            inputs, readers => SegmentWriter.Merge(readers, facts, file, without: purge.Mask));
        ReadOnlyMemory<byte> whole = file.GetBuffer().AsMemory(0, (int)file.Length);
        SegmentManifest manifest = verifier.Verify(whole);
        RequireAll(files, facts, manifest, written, purge);
        ImmutableArray<ContentHash> leaves = [.. files.SelectMany(part => part.Run.Leaves)];
        return new VerifiedLeaf(files[0].LeafAt(0), manifest, whole)
        {
            Run = new LeafRun(ContentHash.Of(whole.Span), facts.Ordinals.First, leaves)
            {
                PurgedTo = purge.To,
            },
        };
    }

    private static void RequireAll(
        ImmutableArray<StoredFile> files, SegmentFacts facts, SegmentManifest read, SegmentManifest written,
        TablePurge purge)
    {
        bool isPlausible = read.Rows == written.Rows && read.Range == written.Range
            && read.Ordinals == facts.Ordinals && read.Cell == facts.Cell
            && read.Rows <= files.Sum(file => file.Extent.Rows);

        // Where nothing is left out, nothing may be missing either.
        StoredFile[] full = [.. files.Where(file => file.Extent.Rows > 0)];
        if (isPlausible && purge.Mask.IsEmpty && full.Length > 0)
        {
            isPlausible = read.Rows >= full.Max(file => file.Extent.Rows)
                && read.Range == full.Select(file => file.Extent.Range).Aggregate((a, b) => a.Union(b));
        }

        if (!isPlausible)
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"{read.Rows} rows of {read.Range} are not what was to be written");
        }
    }
}
