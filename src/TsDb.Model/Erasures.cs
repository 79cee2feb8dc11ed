using System.Collections.Immutable;

namespace TsDb.Model;

/// <summary>
/// All tombstones of a cluster after some number of changes, each of which is a tombstone, the lifting of
/// one, or that one is final. Immutable; who knows the same number knows the same tombstones.
/// </summary>
/// <param name="Number">The last change; 0 before the first.</param>
/// <param name="Tombstones">In the order of their numbers.</param>
public sealed record Erasures(long Number, ImmutableArray<Tombstone> Tombstones)
{
    /// <summary>Tombstones that may be in force at a time; all of them travel in one message.</summary>
    public const int InForceMax = 1_000;

    /// <summary>Lifted tombstones that are remembered, the latest.</summary>
    public const int LiftedMax = 100;

    /// <summary>Characters of the conditions of one tombstone, names and values together.</summary>
    public const int WhereCharsMax = 1_024;

    /// <summary>Characters of all tombstones' conditions and names of tables.</summary>
    public const int CharsMax = 256 * 1_024;

    /// <summary>Nothing was ever erased.</summary>
    public static Erasures None { get; } = new(0, []);

    /// <summary>True unless so many are in force already, or their conditions are so long, that this one
    /// would not fit.</summary>
    public bool HasRoomFor(TableId table, ImmutableArray<TagCondition> where) =>
        CharsOf(table, where) <= WhereCharsMax
        && Tombstones.Count(t => t.LiftedBy is null) < InForceMax
        && CharsOf(table, where) + Tombstones.Sum(t => CharsOf(t.Table, t.Where)) <= CharsMax;

    /// <summary>With one more tombstone, whose number is the new <see cref="Number"/>; the same if there is
    /// no room for it.</summary>
    public Erasures With(TableId table, ImmutableArray<TagCondition> where, long beforeNanoseconds) =>
        HasRoomFor(table, where)
            ? new Erasures(
                Number + 1, Tombstones.Add(new Tombstone(Number + 1, table, where, beforeNanoseconds)))
            : this;

    /// <summary>The tombstone of that number; null if it is not in force.</summary>
    public Tombstone? InForce(long tombstone) =>
        Tombstones.FirstOrDefault(t => t.Number == tombstone && t.LiftedBy is null);

    /// <summary>With a tombstone that is never lifted; the same if it is not in force, or final.</summary>
    public Erasures MakeFinal(long tombstone) => InForce(tombstone) is { FinalBy: null } found
        ? new Erasures(Number + 1, Tombstones.Replace(found, found with { FinalBy = Number + 1 }))
        : this;

    /// <summary>With a tombstone lifted; the same if it is not in force, or final.</summary>
    public Erasures Lift(long tombstone)
    {
        if (InForce(tombstone) is not { FinalBy: null } found) return this;
        ImmutableArray<Tombstone> next = Tombstones.Replace(found, found with { LiftedBy = Number + 1 });
        int forgotten = next.Count(t => t.LiftedBy is not null) - LiftedMax;
        if (forgotten > 0)
        {
            HashSet<long> oldest =
            [
                .. next.Where(t => t.LiftedBy is not null).OrderBy(t => t.LiftedBy).Take(forgotten)
                    .Select(t => t.Number),
            ];
            next = next.RemoveAll(t => oldest.Contains(t.Number));
        }

        return new Erasures(Number + 1, next);
    }

    /// <inheritdoc/>
    public bool Equals(Erasures? other) =>
        other is not null && Number == other.Number && Tombstones.SequenceEqual(other.Tombstones);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Number, Tombstones.Length);

    private static int CharsOf(TableId table, ImmutableArray<TagCondition> where) =>
        table.Database.Length + table.Table.Length
        + where.Sum(condition => condition.Tag.Length + condition.Values.Sum(value => value.Length + 1));
}
