namespace TsDb.Storage;

/// <summary>How much of a limit is used at one moment.</summary>
/// <param name="Name">What is limited, in the words of the status page and the metrics.</param>
/// <param name="Used">How much there is.</param>
/// <param name="Max">How much there may be.</param>
public sealed record LimitUse(string Name, long Used, long Max)
{
    /// <summary>From here on an operator should know.</summary>
    public const double WarnShare = 0.85;

    /// <summary>The used part, 1 for all.</summary>
    public double Share => Max <= 0 ? 1 : (double)Used / Max;
}
