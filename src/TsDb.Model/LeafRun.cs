using System.Collections.Immutable;

namespace TsDb.Model;

/// <summary>
/// A file and the leaves that it stands for: consecutive ordinals of one (cell, incarnation). A file that was
/// written anew, of several leaves or without erased rows, has another hash than its leaves. Immutable.
/// </summary>
public sealed class LeafRun
{
    /// <summary>Most leaves of one file: they are told in one message.</summary>
    public const int LeavesMax = 512;

    /// <summary>
    /// A run; throws <see cref="ErrorKind.Invalid"/> without leaves, with more than <see cref="LeavesMax"/>,
    /// or from an ordinal below 1.
    /// </summary>
    /// <param name="file">SHA-256 of the file.</param>
    /// <param name="first">The ordinal of the first leaf.</param>
    /// <param name="leaves">The hashes of the leaves, by ordinal.</param>
    public LeafRun(ContentHash file, Ordinal first, ImmutableArray<ContentHash> leaves)
    {
        if (leaves.IsDefaultOrEmpty || leaves.Length > LeavesMax || first.Value < Ordinal.First.Value
            || first.Value > long.MaxValue - LeavesMax)
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"a file stands for 1 to {LeavesMax} leaves, from ordinal 1 on");
        }

        (File, First, Leaves) = (file, first, leaves);
    }

    /// <summary>SHA-256 of the file.</summary>
    public ContentHash File { get; }

    /// <summary>The ordinal of the first leaf.</summary>
    public Ordinal First { get; }

    /// <summary>The hashes of the leaves, by ordinal.</summary>
    public ImmutableArray<ContentHash> Leaves { get; }

    /// <summary>
    /// The change of erasures up to which rows of final tombstones were looked for and left out; 0 for never.
    /// </summary>
    public long PurgedTo { get; init; }

    /// <summary>True if the file is made of several leaves.</summary>
    public bool IsMerged => Leaves.Length > 1;

    /// <summary>True if the file is its only leaf's own, as it was cut.</summary>
    public bool IsOwn => Leaves.Length == 1 && Leaves[0] == File;

    /// <summary>The ordinals.</summary>
    public OrdinalRange Ordinals => new(First, new Ordinal(First.Value + Leaves.Length - 1));

    /// <summary>The run that a leaf's own file is.</summary>
    public static LeafRun Of(Leaf leaf) => new(leaf.Hash, leaf.Ordinal, [leaf.Hash]);

    /// <summary>The same file, known to have no row of final tombstones up to a change of erasures.</summary>
    public LeafRun KnownPurgedTo(long change) => new(File, First, Leaves) { PurgedTo = change };

    /// <summary>True if the leaf of that number and hash is one of these.</summary>
    public bool Has(Ordinal ordinal, ContentHash hash)
    {
        long at = ordinal.Value - First.Value;
        return at >= 0 && at < Leaves.Length && Leaves[(int)at] == hash;
    }

    /// <summary>True if every leaf of the other is one of these.</summary>
    public bool Contains(LeafRun other)
    {
        long at = other.First.Value - First.Value;
        return at >= 0 && at + other.Leaves.Length <= Leaves.Length
            && Leaves.AsSpan((int)at, other.Leaves.Length).SequenceEqual(other.Leaves.AsSpan());
    }
}
