namespace TsDb.Bench;

/// <summary>What the fields of a shape hold: each takes another physical form in a segment.</summary>
public enum ValueKind
{
    Integers,
    Decimals,
    Doubles,
}
