using System.Collections.Immutable;
using System.Diagnostics;
using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <content>What each record does to the state.</content>
public sealed partial record CatalogState
{
    /// <summary>
    /// The state after a record. Throws <see cref="ErrorKind.Conflict"/> if the record does not fit: a name
    /// that is not there, an ordinal that is not the next one, a leaf that is not in the ledger.
    /// </summary>
    public CatalogState Apply(CatalogRecord record) => record switch
    {
        SegmentsSealed sealing => Apply(sealing),
        LeafCut cut => Apply(cut),
        LeafDurable durable => Apply(durable),
        SegmentsCompacted compacted => Apply(compacted),
        SegmentsExpired expired => Apply(expired),
        LeafSetAside aside => WithLeaf(Require(aside.Leaf) with { Aside = aside.Aside }),
        SegmentUncut uncut => Uncut(Require(uncut.Name)).Apply(new LeafLost(uncut.Lost)),
        LeafLost lost => WithLeaf(Require(lost.Leaf) with { DurableAt = null, IsUnwanted = true }),
        LeafForked forked => Apply(forked),
        LeafUnwanted unwanted => WithLeaf(Require(unwanted.Leaf) with { IsUnwanted = true }),
        LedgerKnown known => known.Leaves.Aggregate(this, (state, leaf) => state.WithLeaf(leaf)),
        ChangesTogether all => all.Changes.Aggregate(this, (state, change) => state.Apply(change)),
        _ => throw new UnreachableException($"{record}"),
    };

    private CatalogState Apply(SegmentsSealed sealing)
    {
        if (sealing.Covered.CompareTo(Covered) < 0)
            throw Conflict($"a seal of commit {sealing.Covered.Value} cannot follow one of {Covered.Value}");
        SchemaCatalog schemas = sealing.Schemas.Aggregate(Schemas, (all, schema) => all.With(schema));
        CatalogState state = this with { Covered = sealing.Covered, Schemas = schemas };
        return sealing.Segments.Aggregate(state, (all, segment) => all.WithSegment(segment));
    }

    private CatalogState Apply(LeafCut cut)
    {
        LeafKey key = LeafKey.Of(cut.Leaf);
        Ordinal next = OrdinalNext(key.Cell, key.Incarnation);
        if (key.Ordinal != next)
            throw Conflict($"the next cut of {key.Cell} is {next.Value}, not {key.Ordinal.Value}");
        foreach (string name in cut.Replaced)
            if (Require(name).IsCut) throw Conflict($"segment {name} is cut already");
        CatalogState state = WithoutSegments(cut.Replaced).WithSegment(cut.Segment with
        {
            IsCut = true, Supersedes = SupersededBy(cut.Replaced),
        });
        return state.WithLeaf(
            new LedgerLeaf(cut.Leaf, cut.Segment.Name, cut.Segment.BytesLength, LeafPresence.Present, null)
            {
                CutAt = cut.CutAt,
            });
    }

    private CatalogState Apply(LeafDurable durable) =>
        WithLeaf(Require(durable.Leaf) with { DurableAt = durable.Epoch });

    private CatalogState Apply(LeafForked forked)
    {
        LedgerLeaf known = Require(forked.Leaf);
        if (known is not { Presence: LeafPresence.Present, SegmentName: { } name })
        {
            throw Conflict(
                $"the file of leaf {forked.Leaf.Ordinal.Value} of {forked.Leaf.Cell} is not as it was cut");
        }

        return Uncut(Require(name));
    }

    // The leaves of the file stand for nothing here any more: what is cut of it next stands for them.
    private CatalogState Uncut(StoredSegment segment)
    {
        LedgerLeaf[] leaves = [.. LeavesOf(segment)];
        CatalogState state = WithoutSegments([segment.Name]).WithSegment(segment with
        {
            IsCut = false, Supersedes = [.. segment.Supersedes, .. leaves.Select(leaf => leaf.Leaf)],
        });
        return leaves.Aggregate(state, (all, leaf) => all.WithLeaf(
            leaf with { SegmentName = null, Presence = LeafPresence.Forked }));
    }

    private ImmutableArray<Leaf> SupersededBy(ImmutableArray<string> names) =>
        [.. names.SelectMany(name => Require(name).Supersedes)];

    private CatalogState Apply(SegmentsCompacted compacted)
    {
        bool areCut = compacted.Replaced.All(name => Require(name).IsCut);
        if (!areCut && compacted.Replaced.Any(name => Require(name).IsCut))
            throw Conflict("a file of cut and uncut segments");
        CatalogState state = WithoutSegments(compacted.Replaced)
            .WithSegment(compacted.Segment with
            {
                IsCut = areCut, Supersedes = SupersededBy(compacted.Replaced),
            });
        return compacted.Replaced.SelectMany(name => LeavesOf(Require(name))).Aggregate(
            state,
            (all, leaf) => all.WithLeaf(
                leaf with { SegmentName = compacted.Segment.Name, Presence = LeafPresence.Compacted }));
    }

    private CatalogState Apply(SegmentsExpired expired)
    {
        IEnumerable<LedgerLeaf> leaves = expired.Names.Select(Require).SelectMany(LeavesOf);
        return leaves.Aggregate(
            WithoutSegments(expired.Names),
            (all, leaf) => all.WithLeaf(leaf with { SegmentName = null, Presence = LeafPresence.Expired }));
    }

    /// <summary>The leaves whose rows lie in a segment; none while it is not cut.</summary>
    public IEnumerable<LedgerLeaf> LeavesOf(StoredSegment segment)
    {
        if (!segment.IsCut) yield break;
        OrdinalRange ordinals = segment.Manifest.Ordinals;
        for (Ordinal at = ordinals.First; at.Value <= ordinals.Last.Value; at = at.Next())
        {
            LeafKey key = new(segment.Manifest.Cell, segment.Manifest.Incarnation, at);
            if (Ledger.TryGetValue(key, out LedgerLeaf? leaf)) yield return leaf;
        }
    }

    /// <summary>
    /// The segment that stands for a leaf whose rows were, or will be, cut anew; null if it is gone.
    /// </summary>
    public StoredSegment? SupersederOf(Leaf leaf) =>
        Cells.TryGetValue(leaf.Cell, out ImmutableArray<StoredSegment> segments)
            ? segments.FirstOrDefault(segment => segment.Supersedes.Contains(leaf))
            : null;

    private LedgerLeaf Require(Leaf leaf)
    {
        LeafKey key = LeafKey.Of(leaf);
        return Ledger.TryGetValue(key, out LedgerLeaf? known) && known.Leaf.Hash == leaf.Hash
            ? known
            : throw Conflict(
                $"leaf {key.Ordinal.Value} of {key.Cell} with hash {leaf.Hash} was never cut here");
    }

    private StoredSegment Require(string name) => Segments.TryGetValue(name, out StoredSegment? segment)
        ? segment
        : throw Conflict($"there is no segment {name}");

    private CatalogState WithSegment(StoredSegment segment)
    {
        if (Segments.ContainsKey(segment.Name)) throw Conflict($"segment {segment.Name} is there already");
        Cell cell = segment.Manifest.Cell;
        bool isKnown = Cells.TryGetValue(cell, out ImmutableArray<StoredSegment> found);
        ImmutableArray<StoredSegment> others = isKnown ? found : [];
        int place = others.Count(other => other.Rank <= segment.Rank);
        return this with
        {
            Segments = Segments.Add(segment.Name, segment),
            Cells = Cells.SetItem(cell, others.Insert(place, segment)),
            SegmentBytes = SegmentBytes + segment.BytesLength,
            RankNext = Math.Max(RankNext, checked(segment.Rank + 1)),
        };
    }

    private CatalogState WithoutSegments(ImmutableArray<string> names)
    {
        CatalogState state = this;
        foreach (string name in names)
        {
            StoredSegment segment = state.Require(name);
            Cell cell = segment.Manifest.Cell;
            ImmutableArray<StoredSegment> rest = state.Cells[cell].Remove(segment);
            state = state with
            {
                Segments = state.Segments.Remove(name),
                Cells = rest.IsEmpty ? state.Cells.Remove(cell) : state.Cells.SetItem(cell, rest),
                SegmentBytes = state.SegmentBytes - segment.BytesLength,
            };
        }

        return state;
    }

    private CatalogState WithLeaf(LedgerLeaf leaf)
    {
        LeafKey key = LeafKey.Of(leaf.Leaf);
        (Cell, Incarnation) series = (key.Cell, key.Incarnation);
        bool isLast = !OrdinalsLast.TryGetValue(series, out Ordinal last) || last.CompareTo(key.Ordinal) < 0;
        return this with
        {
            Ledger = Ledger.SetItem(key, leaf),
            OrdinalsLast = isLast ? OrdinalsLast.SetItem(series, key.Ordinal) : OrdinalsLast,
        };
    }

    private static TsDbException Conflict(string why) => new(ErrorKind.Conflict, $"catalog: {why}");
}
