namespace TsDb.Model;

/// <summary>1, 2, 3 ... without gaps per (cell, incarnation), given when a shipment is cut.</summary>
public readonly record struct Ordinal(long Value) : IComparable<Ordinal>
{
    /// <summary>The ordinal of a cell's first shipment.</summary>
    public static Ordinal First => new(1);

    /// <summary>The one after this. A method, because a record prints its properties.</summary>
    public Ordinal Next() => new(checked(Value + 1));

    /// <summary>Orders by age: the higher is the newer.</summary>
    public int CompareTo(Ordinal other) => Value.CompareTo(other.Value);
}
