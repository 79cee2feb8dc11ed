using Microsoft.Extensions.Logging;
using TsDb.Storage.Ingest;
using TsDb.Storage.Sensors;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// Messages of sensors from their payload to their end, whoever brings them. Calls made one after the other
/// reach the log in that order, though none waits for the one before.
/// </summary>
public sealed class SensorIntake
{
    private readonly MessageReader _reader;
    private readonly SensorRulesSource _rules;
    private readonly SensorIntakeOptions _options;
    private readonly ILogger _log;
    private readonly LogBudget _lines;
    private long _taken;

    /// <summary>Puts the way of a message together.</summary>
    /// <param name="pipeline">Where points go.</param>
    /// <param name="rules">What messages become.</param>
    /// <param name="options">Limits and the clock.</param>
    /// <param name="loggers">For what is refused.</param>
    public SensorIntake(
        IngestPipeline pipeline, SensorRulesSource rules, SensorIntakeOptions options, ILoggerFactory loggers)
    {
        (_rules, _options) = (rules, options);
        _log = loggers.CreateLogger("TsDb.Mqtt.Sensors");
        _lines = new LogBudget(options.Clock);
        Gatherer = new MessageGatherer(pipeline, options.Gather, options.Clock)
        {
            OnFault = error => Log.ConnectionBroken(_log, error),
        };
        Sparkplug = new SparkplugNodes(options.Sparkplug, options.Clock);
        _reader = new MessageReader(Sparkplug);
    }

    /// <summary>Messages taken over since start, stored or not.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Where messages gather for a commit.</summary>
    public MessageGatherer Gatherer { get; }

    /// <summary>What Sparkplug nodes said of themselves.</summary>
    public SparkplugNodes Sparkplug { get; }

    /// <summary>
    /// Takes a message over; the receipt is told how it ended, later or before this returns.
    /// </summary>
    internal void Take(string topic, ReadOnlySpan<byte> payload, SensorReceipt receipt)
    {
        Interlocked.Increment(ref _taken);
        receipt.Begin(this, topic);
        MessageTarget target = _rules.Current.Resolve(topic);
        ReadOnlyMemory<byte> bytes = receipt.Keep(payload);
        MessageContent content = _options.IsShared && target.IsForeign
            ? MessageContent.Ignored("no business of ours")
            : _reader.Read(target, topic, bytes);
        bool isLines = content.Kind == MessageContentKind.Lines;
        if (!isLines) receipt.Drop();
        Gatherer.Take(new GatheredMessage
        {
            Receipt = receipt,
            Rules = content.Kind switch
            {
                MessageContentKind.Lines => target.Lines,
                MessageContentKind.Points => target.Points,
                _ => null,
            },
            Lines = isLines ? bytes : default,
            Points = content.Points,
            Json = target.Json,
            Refusal = content.Kind == MessageContentKind.Refused ? content.Reason : null,
            PayloadBytes = payload.Length,
        });
    }

    /// <summary>Ends a message that is not even read, in its turn.</summary>
    internal void Refuse(string topic, string reason, SensorReceipt receipt)
    {
        receipt.Begin(this, topic);
        Gatherer.Take(new GatheredMessage { Receipt = receipt, Refusal = reason });
    }

    /// <summary>Says in the log what was refused or not stored, as far as it has room for that.</summary>
    internal void Tell(string topic, MessageOutcome outcome, long refusedCount, string reason)
    {
        if (!_lines.TryTake(out long leftOut)) return;
        if (leftOut > 0) Log.LinesLeftOut(_log, leftOut);
        if (outcome == MessageOutcome.Done) Log.PointsRefused(_log, topic, refusedCount, reason);
        else if (outcome == MessageOutcome.Refused) Log.MessageRefused(_log, topic, reason);
        else Log.MessageNotStored(_log, topic, reason);
    }
}
