using TsDb.Adapters.Flight;
using TsDb.Adapters.Hosting;
using TsDb.Query;

namespace TsDb.Adapters.Http.Query;

/// <summary>
/// How long a query may take at the node that is asked (<c>--query-timeout</c>): what one gets that asks for
/// no time of its own, and the most that one may ask for.
/// </summary>
public static class QueryTimeout
{
    /// <summary>The least that a node or a client can say: limits travel in whole milliseconds.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    /// <summary>The most that a node can be given: no other node or edge takes a longer question.</summary>
    public static TimeSpan Most => QueryMessages.DurationMax;

    /// <summary>Without the flag.</summary>
    public static TimeSpan Default { get; } = new SqlLimits().DurationMax;

    /// <summary>Reads the flag; throws <see cref="FormatException"/> with what is allowed.</summary>
    public static TimeSpan Parse(string text)
    {
        TimeSpan asked = DurationText.Parse(text);
        return asked >= Least && asked <= Most
            ? asked
            : throw new FormatException($"use {DurationText.Of(Least)} to {DurationText.Of(Most)}");
    }
}
