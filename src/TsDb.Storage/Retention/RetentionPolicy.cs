using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Storage.Retention;

/// <summary>Which segments an edge may drop now: decides, does nothing.</summary>
public static class RetentionPolicy
{
    private const long NanosecondsPerTick = 100;

    /// <summary>
    /// Names of the segments to drop, those with the oldest points first. Only what is durable in the cloud,
    /// unless the limits allow more.
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
        foreach (StoredSegment segment in state.Segments.Values
            .Where(segment => limits.DropUnshipped || IsDurable(state, segment))
            .OrderBy(segment => segment.Manifest.Range.EndNanoseconds))
        {
            if (excess <= 0 && !(segment.Manifest.Range.EndNanoseconds <= horizon)) continue;
            names.Add(segment.Name);
            excess -= segment.BytesLength;
        }

        return names.ToImmutable();
    }

    /// <summary>
    /// Names of the segments whose day is before their table's horizon. What the cloud does not hold stays
    /// until it has said that it does not want it either.
    /// </summary>
    public static IEnumerable<string> Below(
        CatalogState state, RetentionLimits limits, Func<TableId, long> horizonOf)
    {
        Dictionary<TableId, long> horizons = [];
        foreach (StoredSegment segment in state.Segments.Values)
        {
            Cell cell = segment.Manifest.Cell;
            if (!horizons.TryGetValue(cell.Table, out long horizon))
                horizons.Add(cell.Table, horizon = horizonOf(cell.Table));
            if (cell.Day.Range.EndNanoseconds <= horizon
                && (limits.DropUnshipped || IsDurable(state, segment))) yield return segment.Name;
        }
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
