using TsDb.Codec.Json;
using TsDb.Codec.Sparkplug;
using TsDb.Model;

namespace TsDb.Storage.Sensors;

/// <summary>
/// What Sparkplug nodes said of themselves, and the points in their messages. Births name the metrics,
/// give them aliases and types; data may carry aliases only. A gap in a node's sequence, or data of one that
/// was not born, makes it be asked for its births again. Safe to use from many threads.
/// </summary>
/// <remarks>
/// A wrong value is worse than a missing one: an alias is resolved only by a birth of the node's present
/// session. Metrics that carry their names and types are stored in any case. Bounded: the nodes that were
/// silent for longest are forgotten, and asked again when they speak.
/// </remarks>
public sealed class SparkplugNodes(SparkplugLimits limits, TimeProvider clock)
{
    private const string BirthDeathMetric = "bdSeq";

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Group, string Node), SparkplugNode> _nodes = [];
    private SparkplugCounts _counts;
    private long _bytes;
    private long _windowStart;
    private int _rebirthsInWindow;

    /// <summary>Sends a command to a node: topic and payload. Called outside of any lock.</summary>
    public Action<string, byte[]>? SendCommand { get; set; }

    /// <summary>What was seen since start.</summary>
    public SparkplugCounts Counts
    {
        get
        {
            lock (_gate) return _counts with { Nodes = _nodes.Values.Count(node => node.IsBorn) };
        }
    }

    /// <summary>Memory that births take.</summary>
    public long BytesUsed => Volatile.Read(ref _bytes);

    /// <summary>
    /// Messages of all nodes may have been missed (the connection to their broker was down): aliases count
    /// again when a node's sequence fits, or after its next birth.
    /// </summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            foreach (SparkplugNode node in _nodes.Values) node.Doubt();
        }
    }

    /// <summary>
    /// Takes a message, in the order received. Throws <see cref="ErrorKind.Invalid"/> or
    /// <see cref="ErrorKind.TooLarge"/> for one that is not Sparkplug.
    /// </summary>
    public MessageContent Take(string topic, ReadOnlyMemory<byte> payload)
    {
        if (!SparkplugTopic.TryParse(topic, out SparkplugTopic parsed))
        {
            return topic.StartsWith($"{SparkplugTopic.Root}STATE/", StringComparison.Ordinal)
                ? MessageContent.Ignored("the state of a host")
                : MessageContent.Refused($"'{topic}' is not a topic of Sparkplug B");
        }

        if (parsed.Type is "NCMD" or "DCMD") return MessageContent.Ignored("a command to a node");
        SparkplugPayload read = SparkplugCodec.Read(payload.Span);
        MessageContent content;
        bool asks = false;
        lock (_gate)
        {
            SparkplugNode node = NodeOf(parsed);
            long bytesBefore = node.Bytes;
            content = parsed.Type switch
            {
                "NBIRTH" or "DBIRTH" => Birth(node, parsed, read, ref asks),
                "NDEATH" or "DDEATH" => Death(node, parsed, read, ref asks),
                _ => Data(node, parsed, read, ref asks),
            };
            _bytes += node.Bytes - bytesBefore;
            Bound(node);
            asks = asks && MayAsk(node);
        }

        if (asks)
        {
            ulong now = (ulong)clock.GetUtcNow().ToUnixTimeMilliseconds();
            SendCommand?.Invoke(parsed.CommandTopic, SparkplugCodec.Rebirth(now));
        }

        return content;
    }

    private SparkplugNode NodeOf(SparkplugTopic topic)
    {
        if (!_nodes.TryGetValue((topic.Group, topic.Node), out SparkplugNode? node))
            _nodes[(topic.Group, topic.Node)] = node = new SparkplugNode(topic);
        node.HeardAt = clock.GetTimestamp();
        return node;
    }

    private MessageContent Birth(
        SparkplugNode node, SparkplugTopic topic, SparkplugPayload payload, ref bool asks)
    {
        if (payload.Metrics.Count + node.MetricCount > limits.MetricsPerNodeMax)
        {
            return MessageContent.Refused(
                $"a node may have {limits.MetricsPerNodeMax} metrics, those of its devices included");
        }

        if (topic.Device is null) node.Birth(payload.Sequence, BirthDeathSequenceOf(payload));
        else if (!node.IsBorn) asks = true;
        else Follow(node, payload, ref asks);
        if (topic.Device is not null) node.DeviceBirth(topic.Device);
        _counts = _counts with { Births = _counts.Births + 1 };
        foreach (SparkplugMetric metric in payload.Metrics)
        {
            if (metric.Name is not null) node.Learn(topic.Device, metric);
        }

        SparkplugPoints points = new(topic);
        points.AddState(topic.Device, isOnline: true, payload.TimestampMilliseconds);
        return Points(points, node, payload);
    }

    private MessageContent Death(
        SparkplugNode node, SparkplugTopic topic, SparkplugPayload payload, ref bool asks)
    {
        SparkplugPoints points = new(topic);
        if (topic.Device is not null)
        {
            Follow(node, payload, ref asks);
            node.DeviceDeath(topic.Device);
            points.AddState(topic.Device, isOnline: false, payload.TimestampMilliseconds);
        }
        else
        {
            // The will of a connection that the node has replaced since comes late: it ends nothing.
            if (!node.IsBorn || node.BirthDeathSequence != BirthDeathSequenceOf(payload))
            {
                _counts = _counts with { StaleDeaths = _counts.StaleDeaths + 1 };
                return MessageContent.Ignored("the death of a connection that is not the node's last one");
            }

            // A will is written when the connection begins, so its own time says nothing.
            points.AddState(null, isOnline: false, milliseconds: null);
            foreach (string device in node.Devices) points.AddState(device, isOnline: false, null);
            node.Death();
        }

        _counts = _counts with { Deaths = _counts.Deaths + 1 };
        return MessageContent.Of(points.Finish());
    }

    private MessageContent Data(
        SparkplugNode node, SparkplugTopic topic, SparkplugPayload payload, ref bool asks)
    {
        bool isBorn = node.IsBorn && (topic.Device is null || node.Devices.Contains(topic.Device));
        if (!isBorn) asks = true;
        else Follow(node, payload, ref asks);
        SparkplugPoints points = new(topic);
        MessageContent content = Points(points, node, payload);
        asks = asks || points.RefusedCount > 0;
        return content;
    }

    private void Follow(SparkplugNode node, SparkplugPayload payload, ref bool asks)
    {
        if (node.Follow(payload.Sequence)) return;
        _counts = _counts with { Gaps = _counts.Gaps + 1 };
        asks = true;
    }

    private MessageContent Points(SparkplugPoints points, SparkplugNode node, SparkplugPayload payload)
    {
        foreach (SparkplugMetric metric in payload.Metrics)
            new MetricWriter(points, node, payload).Add(metric);
        _counts = _counts with { MetricsRefused = _counts.MetricsRefused + points.RefusedCount };
        IReadOnlyList<SensorPointOutcome> outcomes = points.Finish();
        return outcomes.Count == 0
            ? MessageContent.Ignored("no metric has a value")
            : MessageContent.Of(outcomes);
    }

    private bool MayAsk(SparkplugNode node)
    {
        long now = clock.GetTimestamp();
        bool isEarly = node.RebirthAskedAt is { } asked
            && clock.GetElapsedTime(asked, now) < limits.RebirthIntervalMin;
        if (isEarly) return false;
        if (clock.GetElapsedTime(_windowStart, now) >= limits.RebirthIntervalMin)
            (_windowStart, _rebirthsInWindow) = (now, 0);
        if (_rebirthsInWindow >= limits.RebirthsMax) return false;
        _rebirthsInWindow++;
        node.RebirthAskedAt = now;
        _counts = _counts with { RebirthsAsked = _counts.RebirthsAsked + 1 };
        return true;
    }

    /// <summary>Forgets the nodes that were silent for longest until the rest fits.</summary>
    private void Bound(SparkplugNode current)
    {
        while (_nodes.Count > 1 && (_nodes.Count > limits.NodesMax || _bytes > limits.BytesMax))
        {
            SparkplugNode oldest = _nodes.Values.Where(node => node != current).MinBy(node => node.HeardAt)!;
            _nodes.Remove((oldest.Topic.Group, oldest.Topic.Node));
            _bytes -= oldest.Bytes;
        }
    }

    private static long? BirthDeathSequenceOf(SparkplugPayload payload) =>
        payload.Metrics.FirstOrDefault(metric => metric.Name == BirthDeathMetric)?.Value is
        { Wire: SparkplugWireForm.Integer } value ? value.Bits : null;

    /// <summary>Metrics to fields.</summary>
    private readonly struct MetricWriter(SparkplugPoints points, SparkplugNode node, SparkplugPayload payload)
    {
        private readonly string? _device = points.Device;

        public void Add(SparkplugMetric metric)
        {
            SparkplugNode.Metric? known = node.Find(_device, metric);
            string? name = metric.Name ?? known?.Name;
            if (name is null)
            {
                points.Refuse(metric.Alias is { } alias
                    ? $"alias {alias} is not known from a birth: the node is asked for it"
                    : "a metric has neither name nor alias");
                return;
            }

            if (IsControl(name) || metric.IsTransient) return;
            SparkplugDataType type =
                metric.DataType == SparkplugDataType.Unknown ? known?.Type ?? default : metric.DataType;
            Add(metric, name, type, metric.TimestampMilliseconds ?? payload.TimestampMilliseconds);
        }

        private void Add(SparkplugMetric metric, string name, SparkplugDataType type, ulong? time)
        {
            foreach (SparkplugMetric member in metric.Members)
            {
                if (member.Name is null || member.IsTransient) continue;
                Add(member, $"{name}/{member.Name}", member.DataType, member.TimestampMilliseconds ?? time);
            }

            if (metric.IsNull || metric.Members.Count > 0 || type == SparkplugDataType.Template) return;
            bool isUntyped = type == SparkplugDataType.Unknown
                && metric.Value.Wire == SparkplugWireForm.Integer;
            if (isUntyped) points.Refuse($"the type of metric '{name}' is not known from a birth");
            else if (metric.ToField(name, type) is { } field)
            {
                // As in line protocol: one such value would be the sum and the mean of all others.
                bool isNumber = field.Integer is not null || double.IsFinite(field.Number);
                if (isNumber) points.Add(field, time);
                else points.Refuse($"metric '{name}': NaN and infinity cannot be stored");
            }
            else points.Refuse($"metric '{name}' is of type {type}, which no field can have");
        }

        // What a node lets be done to it, and the number that ties its death to its birth, are no readings.
        private static bool IsControl(string name) =>
            name == BirthDeathMetric || name.StartsWith("Node Control/", StringComparison.Ordinal)
            || name.StartsWith("Device Control/", StringComparison.Ordinal);
    }
}
