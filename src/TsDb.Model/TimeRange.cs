namespace TsDb.Model;

/// <summary>Times in nanoseconds since the Unix epoch, start included, end excluded.</summary>
public readonly record struct TimeRange
{
    /// <summary>Creates a range; throws <see cref="ErrorKind.Invalid"/> if the end is before the
    /// start.</summary>
    public TimeRange(long startNanoseconds, long endNanoseconds)
    {
        if (endNanoseconds < startNanoseconds)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"a time range cannot end ({endNanoseconds}) before it starts ({startNanoseconds})");
        }

        (StartNanoseconds, EndNanoseconds) = (startNanoseconds, endNanoseconds);
    }

    /// <summary>
    /// The range of times of which these are the first and the last. Nothing is behind the last of all times:
    /// alone it has the nanosecond before it in its range, so that the range is not empty, and an end of <see
    /// cref="long.MaxValue"/> means that the last of all times may be there.
    /// </summary>
    public static TimeRange Of(long first, long last) => last == long.MaxValue
        ? new TimeRange(Math.Min(first, last - 1), last)
        : new TimeRange(first, last + 1);

    /// <summary>Every time that a point can have.</summary>
    public static TimeRange All => new(long.MinValue, long.MaxValue);

    /// <summary>The first time in the range.</summary>
    public long StartNanoseconds { get; }

    /// <summary>The first time behind the range.</summary>
    public long EndNanoseconds { get; }

    /// <summary>True if no time is in the range.</summary>
    public bool IsEmpty => EndNanoseconds == StartNanoseconds;

    /// <summary>True if the time is in the range.</summary>
    public bool Contains(long timeNanoseconds) =>
        StartNanoseconds <= timeNanoseconds && timeNanoseconds < EndNanoseconds;

    /// <summary>True if some time is in both ranges.</summary>
    public bool Overlaps(TimeRange other) =>
        StartNanoseconds < other.EndNanoseconds && other.StartNanoseconds < EndNanoseconds;

    /// <summary>The smallest range that holds both.</summary>
    public TimeRange Union(TimeRange other) => new(
        Math.Min(StartNanoseconds, other.StartNanoseconds), Math.Max(EndNanoseconds, other.EndNanoseconds));
}
