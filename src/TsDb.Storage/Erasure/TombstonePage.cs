using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage.Erasure;

/// <summary>What the file of a <see cref="TombstoneBook"/> holds. Immutable.</summary>
internal sealed record TombstonePage(int Version, long Number, ImmutableArray<TombstoneLine> Tombstones)
{
    public const int VersionCurrent = 2;

    public const int VersionOldest = 1;

    public static TombstonePage Of(Erasures erasures) => new(
        erasures.Tombstones.Any(t => t.FinalBy is not null) ? VersionCurrent : VersionOldest,
        erasures.Number,
        [
            .. erasures.Tombstones.Select(t => new TombstoneLine(
                t.Number, t.Table.Database, t.Table.Table, t.Where, t.BeforeNanoseconds, t.LiftedBy,
                t.FinalBy)),
        ]);

    public Erasures ToErasures() => new(
        Number,
        [
            .. Tombstones.Select(t => new Tombstone(
                t.Number, new TableId(t.Database, t.Table), t.Where, t.BeforeNanoseconds)
            {
                LiftedBy = t.LiftedBy,
                FinalBy = t.FinalBy,
            }),
        ]);
}
