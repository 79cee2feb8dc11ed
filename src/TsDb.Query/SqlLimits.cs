using System.Globalization;

namespace TsDb.Query;

/// <summary>Bounds on one statement.</summary>
public sealed record SqlLimits
{
    /// <summary>Memory the engine may use for it, in bytes.</summary>
    public long MemoryBytesMax { get; init; } = 1L << 30;

    /// <summary>How long it may run.</summary>
    public TimeSpan DurationMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Rows that the answer may have; null for any number.</summary>
    public long? RowsMax { get; init; }

    /// <summary>A limit of time as an error says it: <c>250 ms</c>, <c>60 s</c>.</summary>
    public static string TextOf(TimeSpan limit) => limit < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{limit.TotalMilliseconds:0.###} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{limit.TotalSeconds:0.###} s");
}
