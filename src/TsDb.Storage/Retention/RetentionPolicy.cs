using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Storage.Retention;

/// <summary>Which segments an edge may drop now: decides, does nothing.</summary>
public static class RetentionPolicy
{
    private const long NanosecondsPerTick = 100;

    /// <summary>
    /// Names of the segments to drop: whole cells, those with the oldest points first, so that no overwritten
    /// value shows again. Only what is durable in the cloud, unless the limits allow more. Where bytes are
    /// short beyond that, segments go singly, in the order in which they were written
    /// (<see cref="Settled"/>).
    /// </summary>
    /// <param name="state">Segments and ledger.</param>
    /// <param name="limits">The operator's rule.</param>
    /// <param name="now">The present, for limits of age.</param>
    /// <param name="shortBytes">Bytes that the disk lacks just now.</param>
    public static ImmutableArray<string> Decide(
        CatalogState state, RetentionLimits limits, DateTimeOffset now, long shortBytes)
    {
        long excess = limits.BytesMax is { } bytesMax ? Math.Max(0, state.SegmentBytes - bytesMax) : 0;
        if (limits.DropWhenFull) excess = Math.Max(excess, shortBytes);
        long? horizon = limits.AgeMax is { } age ? NanosecondsOf(now - age) : null;
        if (excess == 0 && horizon is null) return [];
        ImmutableArray<string>.Builder names = ImmutableArray.CreateBuilder<string>();
        List<ImmutableArray<StoredSegment>> mixed = [];
        foreach (ImmutableArray<StoredSegment> cell in state.Cells.Values.OrderBy(EndOf))
        {
            if (excess <= 0 && !(EndOf(cell) <= horizon)) continue;
            if (!cell.All(MayGo))
            {
                mixed.Add(cell);
                continue;
            }

            names.AddRange(cell.Select(segment => segment.Name));
            excess -= cell.Sum(segment => segment.BytesLength);
        }

        foreach (StoredSegment segment in mixed.SelectMany(cell => cell.TakeWhile(MayGo)))
        {
            if (excess <= 0) break;
            names.Add(segment.Name);
            excess -= segment.BytesLength;
        }

        return names.ToImmutable();

        bool MayGo(StoredSegment segment) => limits.DropUnshipped || IsDurable(state, segment);
    }

    /// <summary>
    /// Names of the segments whose day is before their table's horizon. A day of which the cloud does not
    /// hold all stays until it has said that it does not want it either.
    /// </summary>
    public static IEnumerable<string> Below(
        CatalogState state, RetentionLimits limits, Func<TableId, long> horizonOf)
    {
        Dictionary<TableId, long> horizons = [];
        foreach ((Cell cell, ImmutableArray<StoredSegment> segments) in state.Cells)
        {
            if (!horizons.TryGetValue(cell.Table, out long horizon))
                horizons.Add(cell.Table, horizon = horizonOf(cell.Table));
            if (cell.Day.Range.EndNanoseconds > horizon) continue;
            if (!segments.All(segment => limits.DropUnshipped || IsDurable(state, segment))) continue;
            foreach (StoredSegment segment in segments) yield return segment.Name;
        }
    }

    private static long EndOf(ImmutableArray<StoredSegment> cell) =>
        cell.Max(segment => segment.Manifest.Range.EndNanoseconds);

    /// <summary>
    /// The segments of a cell that are durable, and all that is older there as well, oldest first. A newer
    /// one stays although it is durable: should an older one turn out as a fork (the edge was restored or
    /// cloned), its rows are cut anew, and that cut must hold the newer rows too, or it would go over them.
    /// </summary>
    public static IEnumerable<StoredSegment> Settled(CatalogState state, Cell cell) =>
        state.Cells.TryGetValue(cell, out ImmutableArray<StoredSegment> segments)
            ? segments.TakeWhile(segment => IsDurable(state, segment))
            : [];

    /// <summary>
    /// The record that drops those of the named segments which may still go; null if none may. Between the
    /// decision and its record a fork may have come to light.
    /// </summary>
    /// <param name="state">Segments and ledger.</param>
    /// <param name="limits">The operator's rule.</param>
    /// <param name="names">What was to be dropped.</param>
    /// <param name="isPast">
    /// True for cells before their horizon, which go in any order; null for none.
    /// </param>
    public static SegmentsExpired? Drop(
        CatalogState state,
        RetentionLimits limits,
        IEnumerable<string> names,
        Func<Cell, bool>? isPast = null)
    {
        ImmutableArray<string> still =
        [
            .. names.Where(name => state.Segments.TryGetValue(name, out StoredSegment? segment)
                && (limits.DropUnshipped || Settled(state, segment.Manifest.Cell).Contains(segment)
                    || (IsDurable(state, segment) && isPast?.Invoke(segment.Manifest.Cell) == true))),
        ];
        return still.IsEmpty ? null : new SegmentsExpired(still);
    }

    /// <summary>True if the cloud holds every row of the segment durably, or does not want them.</summary>
    public static bool IsDurable(CatalogState state, StoredSegment segment) =>
        segment.IsCut
        && state.LeavesOf(segment).Count(leaf => leaf.DurableAt is not null || leaf.IsUnwanted)
            == segment.Manifest.Ordinals.Count;

    private static long NanosecondsOf(DateTimeOffset time)
    {
        Int128 nanoseconds = (Int128)(time - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick;
        return (long)Int128.Clamp(nanoseconds, long.MinValue, long.MaxValue);
    }
}
