using TsDb.Codec.Shipment;
using TsDb.Columnar;
using TsDb.Columnar.Transfer;
using TsDb.Model;
using ZstdSharp;

namespace TsDb.Replication.Receiving;

/// <summary>Travelling forms of shipments back to plain files.</summary>
internal static class TransferForms
{
    /// <summary>
    /// The plain bytes of a leaf that travelled; false with the reason if they are damaged, or of a version
    /// that is not spoken here. Whether they are the leaf's, its hash has to tell.
    /// </summary>
    /// <param name="leaf">What came.</param>
    /// <param name="earlier">The plain file of the leaf that it refers to; empty if it refers to
    /// none.</param>
    /// <param name="plain">The file.</param>
    /// <param name="damage">Why there is none.</param>
    public static bool TryToPlain(
        TransferredLeaf leaf, ReadOnlyMemory<byte> earlier, out ReadOnlyMemory<byte> plain, out string damage)
    {
        damage = "the bytes are not as long as offered";
        if (leaf.Form != TransferForm.Rows)
            return TryToPlain(leaf.Form, leaf.Bytes, leaf.BytesLength, earlier, out plain);
        plain = default;
        if (leaf.BytesLength > RowForm.FileBytesMax) return false;
        try
        {
            OrdinalRange ordinals = new(leaf.Leaf.Ordinal, leaf.Leaf.Ordinal);
            SegmentFacts facts = new(leaf.Leaf.Cell, leaf.Leaf.Incarnation, ordinals);
            plain = RowForm.Decode(leaf.Bytes, earlier, facts);
            return plain.Length == leaf.BytesLength;
        }
        catch (TsDbException broken)
        {
            damage = broken.Message;
            return false;
        }
    }

    /// <summary>
    /// The plain bytes, which must have exactly <paramref name="length"/>; false if they have not, or are
    /// damaged.
    /// </summary>
    public static bool TryToPlain(
        TransferForm form,
        ReadOnlyMemory<byte> bytes,
        long length,
        ReadOnlyMemory<byte> dictionary,
        out ReadOnlyMemory<byte> plain)
    {
        plain = bytes;
        if (form == TransferForm.Plain) return bytes.Length == length;
        if (form != TransferForm.Zstd) return false;
        if (length > Array.MaxLength) return false;
        byte[] target = GC.AllocateUninitializedArray<byte>((int)length);
        plain = target;
        try
        {
            using Decompressor decompressor = new();
            if (!dictionary.IsEmpty) decompressor.LoadDictionary(dictionary.Span);
            return decompressor.TryUnwrap(bytes.Span, target, out int written) && written == length;
        }
        catch (ZstdException)
        {
            return false;
        }
    }
}
