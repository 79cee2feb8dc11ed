namespace TsDb.Simulation.Network;

/// <summary>What a client is to a broker while it is connected.</summary>
internal sealed class Subscription(string client, Action<string, byte[]> deliver, Action<string> broken)
{
    private readonly Dictionary<string, bool> _heard = new(StringComparer.Ordinal);
    private string[][] _filters = [];

    /// <summary>The client's machine.</summary>
    public string Client => client;

    public Action<string, byte[]> Deliver => deliver;

    /// <summary>Tells the client that the connection is gone.</summary>
    public Action<string> Broken => broken;

    /// <summary>Published, retained, when the connection breaks; null for none.</summary>
    public (string Topic, byte[] Payload)? Will { get; init; }

    /// <summary>True for the node that hosts the broker: it hears in process, and misses nothing.</summary>
    public bool IsHost { get; init; }

    public bool IsOpen { get; set; } = true;

    /// <summary>Keep-alives that did not come through.</summary>
    public int Missed { get; set; }

    /// <summary>When the last retained message of each topic arrives: they stay in order.</summary>
    public Dictionary<string, TimeSpan> RetainedAt { get; } = new(StringComparer.Ordinal);

    public void Filter(IEnumerable<string> filters)
    {
        _filters = [.. filters.Select(filter => filter.Split('/'))];
        _heard.Clear();
    }

    public bool Hears(string topic)
    {
        if (_heard.TryGetValue(topic, out bool hears)) return hears;
        string[] given = topic.Split('/');
        hears = _filters.Any(wanted => wanted.Length == given.Length
            && wanted.Zip(given).All(p => p.First == "+" || p.First == p.Second));
        return _heard[topic] = hears;
    }
}
