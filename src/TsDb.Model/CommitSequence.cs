namespace TsDb.Model;

/// <summary>The number of one group commit of an edge: later is newer, never a clock.</summary>
public readonly record struct CommitSequence(ulong Value) : IComparable<CommitSequence>
{
    /// <summary>The one after this.</summary>
    public CommitSequence Next() => new(checked(Value + 1));

    /// <summary>Orders by age.</summary>
    public int CompareTo(CommitSequence other) => Value.CompareTo(other.Value);
}
