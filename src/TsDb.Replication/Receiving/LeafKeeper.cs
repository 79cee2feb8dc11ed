using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Columnar;
using TsDb.Columnar.Transfer;
using TsDb.Model;
using TsDb.Replication.Ports;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Verifies leaves that came over a wire and stores them: the hash, every row group, and that the file says
/// of itself what its leaf says, or the run of leaves that it stands for. Blocks on the processor and the
/// disk; any thread may call it.
/// </summary>
public sealed class LeafKeeper(ReplicaStore store, ISegmentVerifier verifier)
{
    /// <summary>The store that leaves go to.</summary>
    public ReplicaStore Store => store;

    /// <summary>
    /// Verifies and stores, and says what became of each, in the order given. <paramref name="areHeld"/>:
    /// they come from another owner's disk (see <see cref="ReplicaStore.Store"/>).
    /// </summary>
    public ImmutableArray<ReceiveEvent.Finished> Keep(
        IReadOnlyList<TransferredLeaf> leaves, bool areHeld = false)
    {
        ReceiveEvent.Finished[] finished = new ReceiveEvent.Finished[leaves.Count];
        List<VerifiedLeaf> verified = [];
        List<int> places = [];
        for (int i = 0; i < leaves.Count; i++)
        {
            (VerifiedLeaf? leaf, ReceiveOutcome outcome, string reason) = Verify(leaves[i]);
            finished[i] = new ReceiveEvent.Finished(leaves[i].Leaf, outcome, reason);
            if (leaf is null) continue;
            verified.Add(leaf);
            places.Add(i);
        }

        ImmutableArray<ReceiveOutcome> stored = store.Store(verified, areHeld);
        for (int i = 0; i < stored.Length; i++)
            finished[places[i]] = finished[places[i]] with { Outcome = stored[i] };
        return ImmutableArray.Create(finished);
    }

    /// <summary>
    /// Writes the files of a bundle anew and returns those that have the hashes told. Throws
    /// <see cref="ErrorKind.NotFound"/> if a shipment that the rows refer to is not here,
    /// <see cref="ErrorKind.Corrupt"/> or <see cref="ErrorKind.Invalid"/> if they cannot be read.
    /// </summary>
    public ImmutableArray<(Leaf Leaf, ReadOnlyMemory<byte> File)> Open(OfferBundle bundle)
    {
        List<(SegmentFacts, ReadOnlyMemory<byte>)> segments = [];
        foreach (BundledLeaf leaf in bundle.Leaves)
        {
            ReadOnlyMemory<byte> earlier = default;
            if (leaf.Reference is { } reference
                && !TryReadReference(leaf.Cell, bundle.Incarnation, reference, out earlier))
            {
                throw new TsDbException(
                    ErrorKind.NotFound, $"{leaf.Cell} #{reference.Value}, which rows refer to, is not here");
            }

            OrdinalRange ordinals = new(leaf.Ordinal, leaf.Ordinal);
            segments.Add((new SegmentFacts(leaf.Cell, bundle.Incarnation, ordinals), earlier));
        }

        IReadOnlyList<ReadOnlyMemory<byte>> files = RowBundle.Decode(bundle.Rows, segments);
        List<(Leaf, ReadOnlyMemory<byte>)> opened = [];
        for (int i = 0; i < files.Count; i++)
        {
            BundledLeaf told = bundle.Leaves[i];
            ContentHash hash = ContentHash.Of(files[i].Span);
            if (hash.Tag == told.Tag)
                opened.Add((new Leaf(told.Cell, bundle.Incarnation, told.Ordinal, hash), files[i]));
        }

        return [.. opened];
    }

    private (VerifiedLeaf? Leaf, ReceiveOutcome Outcome, string Reason) Verify(TransferredLeaf transferred)
    {
        Leaf leaf = transferred.Leaf;
        if (store.Current.Find(leaf) is not null) return (null, ReceiveOutcome.AlreadyPresent, "");
        if (transferred.Run is { IsOwn: false } run) return VerifyRewritten(transferred, run);
        ReadOnlyMemory<byte> earlier = default;
        ReceiveOutcome otherwise = transferred.Form == TransferForm.Rows
            ? ReceiveOutcome.NotRebuilt : ReceiveOutcome.Damaged;
        if (transferred.Dictionary is { } hash && !TryReadDictionary(leaf.Cell, hash, out earlier))
            return (null, ReceiveOutcome.Damaged, "the shipment that its compression refers to is not here");
        if (transferred.Reference is { } reference
            && !TryReadReference(leaf.Cell, leaf.Incarnation, reference, out earlier))
            return (null, ReceiveOutcome.ReferenceMissing, "the shipment that its rows refer to is not here");
        if (!TransferForms.TryToPlain(transferred, earlier, out ReadOnlyMemory<byte> plain,
            out string damage))
            return (null, otherwise, damage);
        if (ContentHash.Of(plain.Span) != leaf.Hash)
            return (null, otherwise, "the bytes do not have the hash that was offered");
        return VerifyRows(leaf, LeafRun.Of(leaf), plain);
    }

    // That the rows are those of its leaves is the word of the owner that wrote them anew: their own bytes,
    // which the leaves' hashes are of, are not there any more.
    private (VerifiedLeaf? Leaf, ReceiveOutcome Outcome, string Reason) VerifyRewritten(
        TransferredLeaf transferred, LeafRun run)
    {
        Leaf leaf = transferred.Leaf;
        if (!run.Has(leaf.Ordinal, leaf.Hash))
            return (null, ReceiveOutcome.Damaged, "the file that came does not stand for the leaf");
        if (ContentHash.Of(transferred.Bytes.Span) != run.File)
            return (null, ReceiveOutcome.Damaged, "the bytes do not have the hash that was told");
        return VerifyRows(leaf, run, transferred.Bytes);
    }

    private (VerifiedLeaf? Leaf, ReceiveOutcome Outcome, string Reason) VerifyRows(
        Leaf leaf, LeafRun run, ReadOnlyMemory<byte> plain)
    {
        try
        {
            SegmentManifest manifest = verifier.Verify(plain);
            return Disagreement(leaf, run.Ordinals, manifest) is { } reason
                ? (null, ReceiveOutcome.Refused, reason)
                : (new VerifiedLeaf(leaf, manifest, plain) { Run = run }, ReceiveOutcome.Stored, "");
        }
        catch (TsDbException e)
        {
            return (null, ReceiveOutcome.Refused, e.Message);
        }
    }

    private static string? Disagreement(Leaf leaf, OrdinalRange ordinals, SegmentManifest manifest)
    {
        if (manifest.Cell != leaf.Cell) return $"the file belongs to {manifest.Cell}, offered as {leaf.Cell}";
        if (manifest.Incarnation != leaf.Incarnation)
            return "the file is of another incarnation than offered";
        return manifest.Ordinals == ordinals
            ? null
            : $"the file is shipment {manifest.Ordinals.First.Value}, offered as {leaf.Ordinal.Value}";
    }

    private bool TryReadReference(
        Cell cell, Incarnation incarnation, Ordinal ordinal, out ReadOnlyMemory<byte> reference)
    {
        reference = default;
        CellLeaves? leaves = store.Current.Find(cell);
        StoredFile? found = leaves?.Find(incarnation, ordinal) is { } leaf ? leaves.Find(leaf) : null;
        return found?.Extent.BytesLength <= RowForm.ReferenceBytesMax && TryRead(found, out reference);
    }

    // The dictionary is an earlier shipment of the same table and edge: the same day's cell, or a day before.
    private bool TryReadDictionary(Cell cell, ContentHash hash, out ReadOnlyMemory<byte> dictionary)
    {
        dictionary = default;
        if (!store.Current.Tables.TryGetValue(cell.Table, out TableLeaves? table)) return false;
        StoredFile? found = table.Cells.Values.Where(leaves => leaves.Cell.Edge == cell.Edge)
            .SelectMany(leaves => leaves.Files).FirstOrDefault(file => file.Hash == hash);
        return found is not null && TryRead(found, out dictionary);
    }

    // A leaf that was written anew has no bytes of its own any more: what refers to it has to come plain.
    private bool TryRead(StoredFile found, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (!found.IsOwn || found.Extent.BytesLength > Array.MaxLength) return false;
        try
        {
            (StoredFile read, bytes) = store.Read(found.LeafAt(0), 0, (int)found.Extent.BytesLength);
            return read == found;
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.NotFound)
        {
            return false;
        }
    }
}
