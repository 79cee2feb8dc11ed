using TsDb.Codec.Sparkplug;

namespace TsDb.Storage.Sensors;

/// <summary>What is known of one Sparkplug node from its births.</summary>
internal sealed class SparkplugNode(SparkplugTopic topic)
{
    // Measured roughly: two entries of a dictionary and the object.
    private const int MetricOverheadBytes = 160;

    private readonly Dictionary<ulong, Metric> _byAlias = [];
    private readonly Dictionary<(string? Device, string Name), Metric> _byName = [];
    private readonly HashSet<string> _devices = new(StringComparer.Ordinal);
    private int _sequenceNext;

    public SparkplugTopic Topic { get; } = topic;

    /// <summary>True from its birth to its death.</summary>
    public bool IsBorn { get; private set; }

    /// <summary>
    /// False when messages may have been missed since the birth: until the next one fits the sequence, an
    /// alias may stand for something else by now.
    /// </summary>
    public bool IsSure { get; private set; }

    /// <summary>The number that ties its death to its birth.</summary>
    public long? BirthDeathSequence { get; private set; }

    /// <summary>When it was last heard of, on a clock of the caller's.</summary>
    public long HeardAt { get; set; }

    /// <summary>When it was last asked for a birth; null if never.</summary>
    public long? RebirthAskedAt { get; set; }

    /// <summary>Memory that its births take.</summary>
    public long Bytes { get; private set; }

    public int MetricCount => _byName.Count + _devices.Count;

    /// <summary>The devices that are online.</summary>
    public IReadOnlyCollection<string> Devices => _devices;

    public void Birth(ulong? sequence, long? birthDeathSequence)
    {
        Forget();
        (IsBorn, IsSure, BirthDeathSequence) = (true, true, birthDeathSequence);
        _sequenceNext = Next(sequence ?? 0);
    }

    public void Death() => Forget();

    public void DeviceBirth(string device)
    {
        DeviceDeath(device);
        _devices.Add(device);
        Bytes += MetricOverheadBytes + (2 * device.Length);
    }

    public void DeviceDeath(string device)
    {
        if (!_devices.Remove(device)) return;
        Bytes -= MetricOverheadBytes + (2 * device.Length);
        foreach ((string? Device, string Name) key in _byName.Keys.Where(k => k.Device == device).ToArray())
        {
            _byName.Remove(key, out Metric? metric);
            if (metric!.Alias is { } alias) _byAlias.Remove(alias);
            Bytes -= BytesOf(metric);
        }
    }

    /// <summary>Remembers a metric of a birth.</summary>
    public void Learn(string? device, SparkplugMetric metric)
    {
        Metric learned = new(metric.Name!, device, metric.Alias, metric.DataType);
        if (_byName.Remove((device, learned.Name), out Metric? before)) Bytes -= BytesOf(before);
        _byName[(device, learned.Name)] = learned;
        if (learned.Alias is { } alias) _byAlias[alias] = learned;
        Bytes += BytesOf(learned);
    }

    /// <summary>Takes note of a message's place; false if others before it are missing.</summary>
    public bool Follow(ulong? sequence)
    {
        if (sequence is null) return true;
        bool follows = (int)(sequence.Value & 0xFF) == _sequenceNext;
        _sequenceNext = Next(sequence.Value);
        if (follows) IsSure = true;
        return follows;
    }

    /// <summary>Messages may have been missed: nothing is certain until the sequence fits.</summary>
    public void Doubt() => IsSure = false;

    /// <summary>What the birth said of a metric; null if it said nothing.</summary>
    public Metric? Find(string? device, SparkplugMetric metric)
    {
        if (metric.Name is not null) return _byName.GetValueOrDefault((device, metric.Name));
        if (metric.Alias is not { } alias || !IsSure) return null;
        return _byAlias.GetValueOrDefault(alias) is { } found && found.Device == device ? found : null;
    }

    private static int Next(ulong sequence) => (int)((sequence + 1) & 0xFF);

    private static long BytesOf(Metric metric) =>
        MetricOverheadBytes + (2 * metric.Name.Length);

    private void Forget()
    {
        _byAlias.Clear();
        _byName.Clear();
        _devices.Clear();
        (IsBorn, IsSure, BirthDeathSequence, Bytes) = (false, false, null, 0);
    }

    internal sealed record Metric(string Name, string? Device, ulong? Alias, SparkplugDataType Type);
}
