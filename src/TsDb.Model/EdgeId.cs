namespace TsDb.Model;

/// <summary>The name of one edge node, <c>[A-Za-z0-9_.-]{1,64}</c>.</summary>
public readonly record struct EdgeId : IComparable<EdgeId>
{
    private readonly string? _value;

    /// <summary>Creates an id; throws <see cref="ErrorKind.Invalid"/> if the text is not an allowed
    /// name.</summary>
    public EdgeId(string value) => _value = NodeNames.Require(value, "edge");

    /// <summary>The name as text; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>True if the text is an allowed name.</summary>
    public static bool IsValid(string? text) => NodeNames.IsValid(text);

    /// <summary>Orders by ordinal text.</summary>
    public int CompareTo(EdgeId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
