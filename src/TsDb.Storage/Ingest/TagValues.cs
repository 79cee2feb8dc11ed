namespace TsDb.Storage.Ingest;

/// <summary>
/// How many values the tags of this node have got. It counts within a period that begins with the process
/// and every day anew: an identifier that changes all the time, written as a tag by mistake, is stopped in
/// its first day, and names that come and go over the years never add up to a refusal.
/// </summary>
public sealed class TagValues
{
    private const long PeriodNanoseconds = 86_400_000_000_000;

    private readonly Lock _gate = new();
    private TagValuePeriod _period = new(long.MinValue);

    /// <summary>Values of the tag that has most.</summary>
    public int Largest => Volatile.Read(ref _period).Largest;

    /// <summary>Values of all tags of all tables.</summary>
    public long Total => Volatile.Read(ref _period).Total;

    /// <summary>The period of a moment, in nanoseconds since the Unix epoch.</summary>
    internal TagValuePeriod At(long nowNanoseconds)
    {
        TagValuePeriod period = Volatile.Read(ref _period);
        if (!IsOver(period, nowNanoseconds)) return period;
        lock (_gate)
        {
            if (IsOver(_period, nowNanoseconds)) Volatile.Write(ref _period, new(nowNanoseconds));
            return _period;
        }
    }

    /// <summary>Takes in what a committed request brought.</summary>
    internal void Learn(ParsedPoints parsed)
    {
        foreach (NewTagValues news in parsed.NewTagValues) Volatile.Read(ref _period).Learn(news);
    }

    private static bool IsOver(TagValuePeriod period, long now) =>
        period.StartNanoseconds == long.MinValue || now - period.StartNanoseconds >= PeriodNanoseconds;
}
