namespace TsDb.Adapters.Mqtt.Uplink;

/// <summary>
/// MQTT 5's topic aliases of one connection (section 3.3.2.3.4): a topic's name is sent until the broker has
/// acknowledged a message that gave it a number, then the number stands for it. Any thread may call it.
/// </summary>
/// <param name="max">The broker's Topic Alias Maximum; 0 for none.</param>
/// <param name="clock">For how long a topic was not used.</param>
internal sealed class TopicAliases(int max, TimeProvider clock)
{
    // A number is given to another topic only when no message with it can still be on its way.
    private static readonly TimeSpan RestMin = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>The number to send with a topic (0: none), and whether the topic's name may be left
    /// out.</summary>
    public (ushort Alias, bool IsKnown) For(string topic)
    {
        lock (_gate)
        {
            long now = clock.GetTimestamp();
            if (!_entries.TryGetValue(topic, out Entry? entry))
            {
                if (NumberFor(now) is not { } number) return (0, false);
                _entries.Add(topic, entry = new Entry(number));
            }

            entry.UsedAt = now;
            return (entry.Alias, entry.IsKnown);
        }
    }

    /// <summary>The broker acknowledged a message with the topic's name and number.</summary>
    public void Acknowledge(string topic, ushort alias)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(topic, out Entry? entry) && entry.Alias == alias) entry.IsKnown = true;
        }
    }

    private ushort? NumberFor(long now)
    {
        if (_entries.Count < max) return (ushort)(_entries.Count + 1);
        if (_entries.Count == 0) return null;
        (string oldest, Entry entry) = _entries.MinBy(e => e.Value.UsedAt);
        if (clock.GetElapsedTime(entry.UsedAt, now) < RestMin) return null;
        _entries.Remove(oldest);
        return entry.Alias;
    }

    private sealed class Entry(ushort alias)
    {
        public ushort Alias { get; } = alias;

        public bool IsKnown { get; set; }

        public long UsedAt { get; set; }
    }
}
