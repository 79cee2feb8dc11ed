namespace TsDb.Query.Direct;

/// <summary>Stretches of time of equal width.</summary>
/// <param name="WidthNanoseconds">The width.</param>
/// <param name="OriginNanoseconds">The start of one of them.</param>
internal sealed record DirectBucket(long WidthNanoseconds, long OriginNanoseconds)
{
    /// <summary>The start of the stretch that the time lies in; throws <see cref="OverflowException"/> if it
    /// is before all times.</summary>
    public long StartOf(long time)
    {
        Int128 past = (Int128)time - OriginNanoseconds;
        Int128 rest = past % WidthNanoseconds;
        return checked((long)(time - (rest < 0 ? rest + WidthNanoseconds : rest)));
    }
}
