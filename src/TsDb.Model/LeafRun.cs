using System.Collections.Immutable;

namespace TsDb.Model;

/// <summary>
/// A file and the leaves that it stands for: consecutive ordinals of one (cell, incarnation). A file of one
/// leaf is that leaf's own, with its hash. Immutable.
/// </summary>
public sealed class LeafRun
{
    /// <summary>Most leaves of one file: they are told in one message.</summary>
    public const int LeavesMax = 512;

    /// <summary>
    /// A run; throws <see cref="ErrorKind.Invalid"/> without leaves, with more than <see cref="LeavesMax"/>,
    /// from an ordinal below 1, or if a single leaf is not the file.
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

        if (leaves.Length == 1 && leaves[0] != file)
            throw new TsDbException(ErrorKind.Invalid, $"file {file} is not its only leaf {leaves[0]}");
        (File, First, Leaves) = (file, first, leaves);
    }

    /// <summary>SHA-256 of the file.</summary>
    public ContentHash File { get; }

    /// <summary>The ordinal of the first leaf.</summary>
    public Ordinal First { get; }

    /// <summary>The hashes of the leaves, by ordinal.</summary>
    public ImmutableArray<ContentHash> Leaves { get; }

    /// <summary>True if the file was made of several leaves.</summary>
    public bool IsMerged => Leaves.Length > 1;

    /// <summary>The ordinals.</summary>
    public OrdinalRange Ordinals => new(First, new Ordinal(First.Value + Leaves.Length - 1));

    /// <summary>The run that a leaf's own file is.</summary>
    public static LeafRun Of(Leaf leaf) => new(leaf.Hash, leaf.Ordinal, [leaf.Hash]);

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
