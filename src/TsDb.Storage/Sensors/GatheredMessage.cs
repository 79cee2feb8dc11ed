using TsDb.Codec.Json;
using TsDb.Storage.Ingest;

namespace TsDb.Storage.Sensors;

/// <summary>
/// A message on its way through the <see cref="MessageGatherer"/>: what it holds, and who is told how it
/// ended.
/// </summary>
public sealed class GatheredMessage
{
    /// <summary>Who is told how it ended.</summary>
    public required IMessageReceipt Receipt { get; init; }

    /// <summary>Database, unit of times and dialect of the points; null if there are none.</summary>
    public IngestRules? Rules { get; init; }

    /// <summary>Line protocol. Must not change before the message has ended.</summary>
    public ReadOnlyMemory<byte> Lines { get; init; }

    /// <summary>Points that were read already; null if the message is line protocol.</summary>
    public IReadOnlyList<SensorPointOutcome>? Points { get; init; }

    /// <summary>Table and tags of <see cref="Points"/> that name none themselves.</summary>
    public SensorJsonRules? Json { get; init; }

    /// <summary>Why the message is refused whatever else it holds; null if it is not.</summary>
    public string? Refusal { get; init; }

    /// <summary>Bytes that the message counts for in its group.</summary>
    public int PayloadBytes { get; init; }

    /// <summary>The limit of requests that it goes beyond even alone; null if it does not.</summary>
    internal string? LimitReason { get; set; }

    /// <summary>Points of it that go in.</summary>
    internal long Rows { get; set; }

    /// <summary>Points of it that do not.</summary>
    internal long RefusedCount { get; set; }

    /// <summary>Why the first of those does not.</summary>
    internal string? Reason { get; set; }

    /// <summary>True if it alone of its group could not be stored now.</summary>
    internal bool HasFailed { get; set; }
}
