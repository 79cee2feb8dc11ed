// The fault model.
//
// One MQTT broker, or several that act as one, in memory. Whatever is published goes to every connected
// client whose filters match, the sender included. One seed gives one trace.
//
//   Loss       Each delivery may be lost for itself: the one subscriber hears, the other does not.
//   Doubling   Each delivery may happen twice, at different times.
//   Delay      Each delivery takes a time of its own up to DelayMax: messages overtake each other.
//   Broken     A connection may break at any moment (Disconnect): what is on its way to the client is lost,
//              its will is published. What it published before may still arrive.
//   Retained   The last retained message of each topic goes to every client when it connects. Retained
//              messages and wills are delivered without loss, and in order inside their topic, while a
//              connection holds: they are state of the broker, and a client that misses one has a broken
//              connection.
//   Never      Bytes are not changed (TCP and the chunk's CRC see to that), nothing comes from nowhere.
using TsDb.Simulation.Fleet;

namespace TsDb.Simulation.Link;

/// <summary>A broker that loses, doubles, delays and reorders.</summary>
public sealed class FaultyLink(Random chance, TraceHash trace)
{
    private readonly SortedDictionary<string, Connection> _connections = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, byte[]> _retained = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Delivery, (DateTimeOffset At, long Order)> _onTheWay = new();
    private long _order;

    /// <summary>Chance of a delivery to be lost.</summary>
    public double Loss { get; set; }

    /// <summary>Chance of a delivery to happen twice.</summary>
    public double Doubling { get; set; }

    /// <summary>The longest that a delivery takes.</summary>
    public TimeSpan DelayMax { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Bytes published so far, topics included.</summary>
    public long BytesPublished { get; private set; }

    /// <summary>Opens a connection; what is retained and matches comes at once.</summary>
    public void Connect(string client, Session session, DateTimeOffset now)
    {
        Disconnect(client, now);
        Connection connection = new(client, session);
        _connections.Add(client, connection);
        foreach ((string topic, byte[] payload) in _retained)
        {
            if (connection.Hears(topic)) EnqueueRetained(connection, topic, payload, now);
        }
    }

    /// <summary>Breaks a connection; nothing happens if there is none.</summary>
    public void Disconnect(string client, DateTimeOffset now)
    {
        if (!_connections.Remove(client, out Connection? connection)) return;
        trace.Add($"{now.Ticks} - {client}");
        connection.IsOpen = false;
        if (connection.Session.Will is { } will) Publish(client, will.Topic, will.Payload, true, now);
    }

    /// <summary>Publishes.</summary>
    public void Publish(string client, string topic, byte[] payload, bool retain, DateTimeOffset now)
    {
        trace.Add($"{now.Ticks} > {client} {topic}", payload);
        BytesPublished += topic.Length + payload.Length;
        if (retain) _retained[topic] = payload;
        foreach (Connection connection in _connections.Values)
        {
            if (!connection.Hears(topic)) continue;
            if (retain)
            {
                EnqueueRetained(connection, topic, payload, now);
                continue;
            }

            if (chance.NextDouble() >= Loss) Enqueue(connection, topic, payload, now);
            if (chance.NextDouble() < Doubling) Enqueue(connection, topic, payload, now);
        }
    }

    /// <summary>Delivers what is due, in the order in which it arrives.</summary>
    public void Deliver(DateTimeOffset now)
    {
        while (_onTheWay.TryPeek(out _, out (DateTimeOffset At, long Order) due) && due.At <= now)
        {
            Delivery delivery = _onTheWay.Dequeue();
            if (!delivery.To.IsOpen) continue;
            trace.Add($"{now.Ticks} < {delivery.To.Client} {delivery.Topic}", delivery.Payload);
            delivery.To.Session.Deliver(delivery.Topic, delivery.Payload);
        }
    }

    private void EnqueueRetained(Connection to, string topic, byte[] payload, DateTimeOffset now)
    {
        DateTimeOffset at = now + (DelayMax * chance.NextDouble());
        if (to.RetainedAt.TryGetValue(topic, out DateTimeOffset before) && at < before) at = before;
        to.RetainedAt[topic] = at;
        _onTheWay.Enqueue(new Delivery(to, topic, payload), (at, _order++));
    }

    private void Enqueue(Connection to, string topic, byte[] payload, DateTimeOffset now)
    {
        DateTimeOffset at = now + (DelayMax * chance.NextDouble());
        _onTheWay.Enqueue(new Delivery(to, topic, payload), (at, _order++));
    }

    private sealed record Delivery(Connection To, string Topic, byte[] Payload);

    private sealed class Connection(string client, Session session)
    {
        public string Client { get; } = client;

        public Session Session { get; } = session;

        public bool IsOpen { get; set; } = true;

        public Dictionary<string, DateTimeOffset> RetainedAt { get; } = new(StringComparer.Ordinal);

        public bool Hears(string topic) => Session.Filters.Any(filter => Matches(filter, topic));

        private static bool Matches(string filter, string topic)
        {
            string[] wanted = filter.Split('/');
            string[] given = topic.Split('/');
            return wanted.Length == given.Length && wanted.Zip(given).All(
                p => p.First == "+" || p.First == p.Second);
        }
    }
}
