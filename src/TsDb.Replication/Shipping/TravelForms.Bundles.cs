using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Columnar.Transfer;
using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <content>Small shipments that are told together.</content>
internal sealed partial class TravelForms
{
    // What a leaf takes in a bundle beside its rows: tag, day, ordinal.
    private const int LeafBytes = 24;

    private readonly Dictionary<int, OfferBundle> _bundles = [];
    private int _bundleNext;

    /// <summary>How shipments are to travel, in their order.</summary>
    /// <param name="leaves">The shipments.</param>
    /// <param name="allowRows">False if the cloud takes no rows.</param>
    /// <param name="bundleBytesMax">Most bytes of a bundle; 0 for none.</param>
    public ImmutableArray<TravelForm> Prepare(
        ImmutableArray<ShipLeaf> leaves, bool allowRows, int bundleBytesMax)
    {
        TravelForm?[] forms = new TravelForm?[leaves.Length];
        if (allowRows && bundleBytesMax > 0)
        {
            Incarnation incarnation = leaves[0].Leaf.Incarnation;
            int[] places =
            [
                .. Enumerable.Range(0, leaves.Length).Where(i => leaves[i].Leaf.Incarnation == incarnation)
                    .OrderBy(i => leaves[i].Leaf.Cell).ThenBy(i => leaves[i].Leaf.Ordinal),
            ];
            Bundle(leaves, places, forms, bundleBytesMax);
        }

        return [.. forms.Select((form, i) => form ?? Prepare(leaves[i], allowRows))];
    }

    /// <summary>A bundle that was made, to be sent now; null if it is not here.</summary>
    public OfferBundle? TakeBundle(int bundle) =>
        _bundles.Remove(bundle, out OfferBundle? made) ? made : null;

    // Halved until it fits, and until what cannot be told in rows is by itself.
    private void Bundle(
        ImmutableArray<ShipLeaf> leaves, ReadOnlySpan<int> places, TravelForm?[] forms, int bytesMax)
    {
        OfferBundle? bundle = TryBundle(leaves, places);
        if (bundle is null || bundle.Rows.Length + (LeafBytes * places.Length) > bytesMax)
        {
            if (places.Length == 1) return;
            int half = places.Length / 2;
            Bundle(leaves, places[..half], forms, bytesMax);
            Bundle(leaves, places[half..], forms, bytesMax);
            return;
        }

        int number = _bundleNext++;
        _bundles.Add(number, bundle);
        int share = Math.Max(1, bundle.Rows.Length / places.Length);
        for (int i = 0; i < places.Length; i++)
        {
            forms[places[i]] =
                new TravelForm(TransferForm.Rows, share, bundle.Leaves[i].Reference) { Bundle = number };
        }
    }

    private OfferBundle? TryBundle(ImmutableArray<ShipLeaf> leaves, ReadOnlySpan<int> places)
    {
        List<(ReadOnlyMemory<byte> File, ReadOnlyMemory<byte> Reference)> files = [];
        List<BundledLeaf> bundled = [];
        try
        {
            foreach (int place in places)
            {
                Leaf leaf = leaves[place].Leaf;

                // The one before it in the bundle is newer than what the cloud has of the same cell.
                bool follows = bundled.Count > 0 && bundled[^1].Cell == leaf.Cell;
                bool isKnown = _durable.TryGetValue((leaf.Cell, leaf.Incarnation), out Ordinal last);
                Ordinal? earlier = !follows && isKnown && last.Value < leaf.Ordinal.Value ? last : null;
                byte[] reference = earlier is { } ordinal ? ReadReference(leaf, ordinal) : [];
                files.Add((Read(leaves[place].SegmentName, leaves[place].BytesLength), reference));
                bundled.Add(new BundledLeaf(
                    leaf.Cell, leaf.Ordinal, leaf.Hash.Tag, reference.Length > 0 ? earlier : null));
            }

            return RowBundle.TryEncode(files, _parts.Segments) is { } rows
                ? new OfferBundle(
                    leaves[places[0]].Leaf.Cell.Edge, leaves[places[0]].Leaf.Incarnation, [.. bundled], rows)
                : null;
        }
        catch (Exception e) when (e is IOException
            or TsDbException { Kind: ErrorKind.Corrupt or ErrorKind.Invalid })
        {
            return null;
        }
    }
}
