namespace TsDb.Tests.Fuzz;

/// <summary>Something that takes bytes from outside.</summary>
/// <param name="Name">What it is called in reports.</param>
/// <param name="Seeds">Good inputs; changed ones are made of them.</param>
/// <param name="Try">
/// Gives it an input. Returns if the input was taken or refused in an orderly way, throws otherwise.
/// </param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Try)
{
    /// <summary>Pieces that mean something to it.</summary>
    public IReadOnlyList<byte[]> Words { get; init; } = [];

    /// <summary>Its share of all inputs, relative to the others.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Bytes it may allocate for any input at all.</summary>
    public long AllocationBase { get; init; } = 4 << 20;

    /// <summary>Bytes it may allocate for each byte of an input.</summary>
    public long AllocationPerByte { get; init; } = 4 << 10;
}
