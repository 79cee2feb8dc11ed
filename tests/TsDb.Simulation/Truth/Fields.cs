namespace TsDb.Simulation.Truth;

/// <summary>The fields of the points that clients write: an integer, a decimal, a text.</summary>
[Flags]
internal enum Fields
{
    None = 0,
    V = 1,
    F = 2,
    S = 4,
    All = V | F | S,
}
