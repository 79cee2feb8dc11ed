using TsDb.Codec.Json;

namespace TsDb.Storage.Sensors;

/// <summary>The points that the metrics of one Sparkplug message become: one for each time.</summary>
internal sealed class SparkplugPoints(SparkplugTopic topic)
{
    /// <summary>Whether nodes and devices are online stands in a table of this name.</summary>
    public const string StateTable = "sparkplug_state";

    private const ulong MillisecondsMax = long.MaxValue / NanosecondsPerMillisecond;
    private const long NanosecondsPerMillisecond = 1_000_000;

    private readonly List<SensorPointOutcome> _outcomes = [];
    private readonly Dictionary<ulong, List<SensorField>> _byTime = [];
    private readonly List<SensorField> _untimed = [];

    /// <summary>The device; null for the node itself.</summary>
    public string? Device => topic.Device;

    /// <summary>Metrics that cannot be stored.</summary>
    public int RefusedCount { get; private set; }

    public void Add(SensorField field, ulong? milliseconds)
    {
        List<SensorField> fields = _untimed;
        if (milliseconds is { } time && !_byTime.TryGetValue(time, out fields!))
        {
            _byTime[time] = fields = [];
            AddPoint(topic.Device, null, fields, time);
        }
        else if (milliseconds is null && fields.Count == 0)
        {
            AddPoint(topic.Device, null, fields, null);
        }

        fields.Add(field);
    }

    public void Refuse(string reason)
    {
        RefusedCount++;
        _outcomes.Add(new SensorPointOutcome(null, reason));
    }

    /// <summary>Adds that the node or one of its devices came or went.</summary>
    public void AddState(string? device, bool isOnline, ulong? milliseconds) => AddPoint(
        device,
        StateTable,
        [new SensorField("online", TsDb.Model.FieldType.Boolean, isOnline ? 1 : 0, null, null)],
        milliseconds);

    public IReadOnlyList<SensorPointOutcome> Finish() => _outcomes;

    private void AddPoint(string? device, string? table, IReadOnlyList<SensorField> fields, ulong? time)
    {
        if (time > MillisecondsMax)
        {
            Refuse($"time {time} is out of range");
            return;
        }

        List<KeyValuePair<string, string>> tags = [new("group", topic.Group), new("node", topic.Node)];
        if (device is not null) tags.Add(new("device", device));
        SensorTime? at = time is null
            ? null
            : new SensorTime((long)time.Value * NanosecondsPerMillisecond, IsNanoseconds: true);
        _outcomes.Add(new SensorPointOutcome(new SensorPoint(table, tags, fields, at), null));
    }
}
