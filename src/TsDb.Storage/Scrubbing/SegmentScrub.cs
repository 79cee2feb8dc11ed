using System.Globalization;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;
using TsDb.Storage.Seal;
using TsDb.Storage.Shipping;

namespace TsDb.Storage.Scrubbing;

/// <summary>
/// Compares the segments of an edge with what they should be: size, and hash by the ledger, or the part of it
/// that is in their name. (Segments that programs before 0.2 sealed have neither until they are cut.) What is
/// not so is set aside: no query reads it, and it lies under another name until whole bytes are put in its
/// place. Safe for several threads.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="disk">Where its segments lie.</param>
/// <param name="log">Where damage is told.</param>
public sealed class SegmentScrub(EdgeStore store, IDisk disk, ILogger log)
{
    private readonly Lock _gate = new();

    /// <summary>
    /// Reads a whole file. False if it is damaged or missing, and then it is set aside; one that was set
    /// aside and is whole again is taken back. A segment that is not in the catalog any more is none.
    /// </summary>
    public bool Check(StoredSegment segment)
    {
        // Leased, so that a file which is replaced meanwhile is not taken for a lost one.
        using StoreLease lease = store.Acquire();
        if (!lease.Version.Catalog.Segments.ContainsKey(segment.Name)) return true;
        (string Reason, bool IsRead)? damage = DamageOf(segment, lease.Version.Catalog);
        lock (_gate)
        {
            bool wasWhole = store.SetAside.All(aside => aside.Segment.Name != segment.Name);
            if (damage is not { } found)
            {
                if (wasWhole) return true;
                store.SetAsideOrBack(segment.Name, null);
                Log.SegmentBack(log, disk.FullPath(segment.Name));
                return true;
            }

            if (!wasWhole) return false;
            store.SetAsideOrBack(segment.Name, found.Reason);
            Log.SegmentDamaged(log, disk.FullPath(segment.Name), found.Reason);
            if (found.IsRead) Rename(segment.Name);
            return false;
        }
    }

    /// <summary>As <see cref="Check"/>, but true for what is set aside already: false is news.</summary>
    public bool CheckForNews(StoredSegment segment)
    {
        bool isKnown = store.SetAside.Any(aside => aside.Segment.Name == segment.Name);
        return Check(segment) || isKnown;
    }

    private (string Reason, bool IsRead)? DamageOf(StoredSegment segment, CatalogState catalog)
    {
        try
        {
            if (SegmentFiles.AbsenceOf(disk, segment.Name) is { } absence) return (absence, false);
            long length = disk.LengthOf(segment.Name);
            if (length != segment.BytesLength)
            {
                return (string.Create(
                    CultureInfo.InvariantCulture,
                    $"it has {length} bytes instead of {segment.BytesLength}"), true);
            }

            string hash = FileHash.Of(disk, segment.Name).ToString();
            return HashOf(segment, catalog) is { } wanted
                && !hash.StartsWith(wanted, StringComparison.Ordinal)
                    ? ($"its SHA-256 is {hash}, not {wanted}", true) : null;
        }
        catch (IOException e)
        {
            return (e.Message, false);
        }
    }

    private static string? HashOf(StoredSegment segment, CatalogState catalog)
    {
        SegmentManifest manifest = segment.Manifest;
        LeafKey key = new(manifest.Cell, manifest.Incarnation, manifest.Ordinals.First);
        return segment.IsCut && catalog.Ledger.TryGetValue(key, out LedgerLeaf? leaf)
            && leaf.Presence == LeafPresence.Present && leaf.SegmentName == segment.Name
                ? leaf.Leaf.Hash.ToString()
                : ContentHash.DigitsIn(segment.Name);
    }

    // Whole bytes may take its place; and the next start knows it for what it is.
    private void Rename(string name)
    {
        try
        {
            disk.Delete(name + SegmentFiles.DamagedSuffix);
            disk.Rename(name, name + SegmentFiles.DamagedSuffix);
        }
        catch (IOException e)
        {
            Log.NotRenamed(log, disk.FullPath(name), e);
        }
    }
}
