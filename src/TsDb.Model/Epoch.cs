namespace TsDb.Model;

/// <summary>The version of the cluster's configuration; it only rises, and whoever sees a lower one ignores
/// the message.</summary>
public readonly record struct Epoch(long Value) : IComparable<Epoch>
{
    /// <summary>Orders by age.</summary>
    public int CompareTo(Epoch other) => Value.CompareTo(other.Value);
}
