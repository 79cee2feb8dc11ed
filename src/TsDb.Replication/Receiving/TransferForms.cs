using TsDb.Codec.Shipment;
using ZstdSharp;

namespace TsDb.Replication.Receiving;

/// <summary>Travelling forms of shipments back to plain files.</summary>
internal static class TransferForms
{
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
