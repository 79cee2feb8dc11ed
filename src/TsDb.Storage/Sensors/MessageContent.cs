using TsDb.Codec.Json;

namespace TsDb.Storage.Sensors;

/// <summary>What a message holds, before it is stored.</summary>
/// <param name="Kind">Which of the others counts.</param>
/// <param name="Points">The points, unless it is line protocol.</param>
/// <param name="Reason">Why it is refused or passed over.</param>
public readonly record struct MessageContent(
    MessageContentKind Kind, IReadOnlyList<SensorPointOutcome>? Points = null, string? Reason = null)
{
    /// <summary>A message that is acknowledged and dropped.</summary>
    public static MessageContent Ignored(string reason) => new(MessageContentKind.Nothing, Reason: reason);

    /// <summary>A message that can never be stored.</summary>
    public static MessageContent Refused(string reason) => new(MessageContentKind.Refused, Reason: reason);

    /// <summary>Points that were read.</summary>
    public static MessageContent Of(IReadOnlyList<SensorPointOutcome> points) =>
        new(MessageContentKind.Points, points);
}
