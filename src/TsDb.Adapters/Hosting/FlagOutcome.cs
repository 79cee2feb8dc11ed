namespace TsDb.Adapters.Hosting;

/// <summary>What a command line asks for: to run with values, or to say something and end.</summary>
public abstract record FlagOutcome
{
    private FlagOutcome()
    {
    }

    /// <summary>Start with these settings.</summary>
    public sealed record Run(FlagValues Values) : FlagOutcome;

    /// <summary>Say this and end with this code: 0 for help and version, 2 for a wrong setting.</summary>
    public sealed record Exit(int Code, string Text) : FlagOutcome;
}
