using TsDb.Codec.Shipment;
using TsDb.Columnar.Transfer;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>
/// The forms that shipments travel in: as rows off the newest durable shipment of the same cell where that is
/// smaller, else plain. Forms that were made are kept while there is room, and made again otherwise.
/// </summary>
internal sealed partial class TravelForms
{
    private const long KeptBytesMax = 16L << 20;

    private readonly ShipDeskParts _parts;
    private readonly Dictionary<ContentHash, byte[]> _kept = [];
    private readonly Dictionary<(Cell, Incarnation), Ordinal> _durable = [];
    private long _keptBytes;

    public TravelForms(ShipDeskParts parts)
    {
        _parts = parts;
        foreach (LedgerLeaf leaf in parts.Store.Catalog.Ledger.Values)
        {
            if (leaf is { DurableAt: not null, Presence: LeafPresence.Present }) Durable(leaf.Leaf);
        }
    }

    /// <summary>The leaf is durable: others may refer to it.</summary>
    public void Durable(Leaf leaf)
    {
        (Cell, Incarnation) key = (leaf.Cell, leaf.Incarnation);
        if (!_durable.TryGetValue(key, out Ordinal last) || last.Value < leaf.Ordinal.Value)
            _durable[key] = leaf.Ordinal;
        Forget(leaf.Hash);
    }

    /// <summary>The form is not needed any more.</summary>
    public void Forget(ContentHash hash)
    {
        if (_kept.Remove(hash, out byte[]? form)) _keptBytes -= form.Length;
    }

    /// <summary>How a shipment is to travel. Errors of the disk show when it is sent.</summary>
    public TravelForm Prepare(ShipLeaf leaf, bool allowRows)
    {
        Ordinal? reference =
            _durable.TryGetValue((leaf.Leaf.Cell, leaf.Leaf.Incarnation), out Ordinal last) ? last : null;
        return allowRows && TryMake(leaf, reference, out byte[]? form, out bool isReferred)
            ? new TravelForm(TransferForm.Rows, form.Length, isReferred ? reference : null)
            : TravelForm.Plain(leaf.BytesLength);
    }

    /// <summary>Bytes of a form that is not plain; null if it cannot be made again.</summary>
    public byte[]? BytesOf(ShipLeaf leaf, TravelForm form)
    {
        if (_kept.TryGetValue(leaf.Leaf.Hash, out byte[]? kept)
            && kept.Length == form.BytesLength) return kept;
        bool isMade = TryMake(leaf, form.Reference, out byte[]? made, out bool isReferred);
        return isMade && isReferred == form.Reference.HasValue && made!.Length == form.BytesLength
            ? made : null;
    }

    private bool TryMake(
        ShipLeaf leaf, Ordinal? ordinal, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out byte[]? form,
        out bool isReferred)
    {
        (form, isReferred) = (null, false);
        if (leaf.BytesLength > RowForm.FileBytesMax) return false;
        try
        {
            byte[] reference = ordinal is { } earlier ? ReadReference(leaf.Leaf, earlier) : [];
            isReferred = reference.Length > 0;
            byte[] file = Read(leaf.SegmentName, leaf.BytesLength);
            form = RowForm.TryEncode(file, reference, _parts.Segments);
        }
        catch (Exception e) when (e is IOException
            or TsDbException { Kind: ErrorKind.Corrupt or ErrorKind.Invalid })
        {
            // A file that cannot be read is found out when it is sent as it is.
            return false;
        }

        if (form is null) return false;
        Keep(leaf.Leaf.Hash, form);
        return true;
    }

    private void Keep(ContentHash hash, byte[] form)
    {
        Forget(hash);
        if (_keptBytes + form.Length > KeptBytesMax)
        {
            _kept.Clear();
            _keptBytes = 0;
        }

        _kept.Add(hash, form);
        _keptBytes += form.Length;
    }

    private byte[] ReadReference(Leaf leaf, Ordinal ordinal)
    {
        CatalogState catalog = _parts.Store.Catalog;
        bool isHeld = catalog.Ledger.TryGetValue(
            new LeafKey(leaf.Cell, leaf.Incarnation, ordinal), out LedgerLeaf? held);
        bool fits = isHeld && ordinal != leaf.Ordinal
            && held is { DurableAt: not null, Presence: LeafPresence.Present, SegmentName: not null }
            && held.BytesLength <= RowForm.ReferenceBytesMax;
        return fits ? Read(held!.SegmentName!, held.BytesLength) : [];
    }

    private byte[] Read(string name, long length)
    {
        byte[] bytes = new byte[length];
        using IDiskFile file = _parts.Disk.Open(name);
        int read = 0;
        for (int got; read < length && (got = file.ReadAt(read, bytes.AsSpan(read))) > 0;) read += got;
        return read == length ? bytes : throw new EndOfStreamException($"{name} ends at {read}");
    }
}
