namespace TsDb.Model;

/// <summary>A random 128-bit id made with an edge's data directory: the same edge id on other bytes is
/// another incarnation.</summary>
public readonly record struct Incarnation(Guid Value) : IComparable<Incarnation>
{
    /// <summary>Orders by value, only so that sets have one order; it says nothing about which is
    /// newer.</summary>
    public int CompareTo(Incarnation other) => Value.CompareTo(other.Value);

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("N");
}
