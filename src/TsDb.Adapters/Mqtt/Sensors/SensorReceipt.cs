using System.Buffers;
using System.Globalization;
using TsDb.Storage.Sensors;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>A message under way: keeps its bytes, says in the log what was refused of it.</summary>
internal abstract class SensorReceipt : IMessageReceipt
{
    private byte[]? _rented;
    private SensorIntake? _intake;

    /// <summary>The topic it came on.</summary>
    public string Topic { get; private set; } = "";

    /// <inheritdoc/>
    public void End(MessageOutcome outcome, long refusedCount, string? reason)
    {
        if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
        if (outcome != MessageOutcome.Done || refusedCount > 0)
            _intake?.Tell(Topic, outcome, refusedCount, reason ?? "");
        Ended(outcome, outcome == MessageOutcome.Done && refusedCount > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{refusedCount} refused: {reason}")
            : reason);
    }

    /// <inheritdoc/>
    public virtual void GroupEnded()
    {
    }

    /// <summary>Begins with a message; its payload's bytes are copied.</summary>
    internal void Begin(SensorIntake intake, string topic) => (_intake, Topic) = (intake, topic);

    /// <summary>A copy of the payload that lasts until the message has ended.</summary>
    internal ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> payload)
    {
        _rented = ArrayPool<byte>.Shared.Rent(Math.Max(1, payload.Length));
        payload.CopyTo(_rented);
        return _rented.AsMemory(0, payload.Length);
    }

    /// <summary>Gives the copy back before the message has ended: it holds nothing that is needed.</summary>
    internal void Drop()
    {
        if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
    }

    /// <summary>
    /// How the message ended; called once. A reason of one that is done begins with the number of refused
    /// points: <c>2 refused: missing fields</c>.
    /// </summary>
    protected abstract void Ended(MessageOutcome outcome, string? reason);
}
