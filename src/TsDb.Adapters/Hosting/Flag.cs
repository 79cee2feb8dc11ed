namespace TsDb.Adapters.Hosting;

/// <summary>One setting of a program: a flag, an environment variable and a key of the JSON file at
/// once.</summary>
/// <param name="Name">The flag without dashes, such as <c>seal-age</c>; the variable is
/// <c>TSDB_SEAL_AGE</c>.</param>
/// <param name="Default">The text used when nothing is given, shown in the help; empty for none.</param>
/// <param name="Help">What it does, in one sentence.</param>
/// <param name="IsSwitch">True if the flag may stand alone, meaning true.</param>
public sealed record Flag(string Name, string Default, string Help, bool IsSwitch = false)
{
    /// <summary>The flag as typed.</summary>
    public string Dashed => $"--{Name}";

    /// <summary>The environment variable.</summary>
    public string Variable => $"TSDB_{Name.Replace('-', '_').ToUpperInvariant()}";
}
