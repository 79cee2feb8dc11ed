// The fault model of a broker, of which there may be several; they know nothing of each other.
//
//   Fan-out    What is published goes to every connected client whose filters match. PUBACK says that the
//              broker has the message, no more: each delivery may still be lost, doubled or late.
//   Broken     A connection may break at any moment: what is on its way is lost or arrives all the same, its
//              acknowledgements do not come, its will is published. Nothing retained comes after the will.
//   Restart    All connections break, everything retained is forgotten. A broker inside a cloud node dies
//              with it; that node hears it in process.
//   Retained   The last retained message of each topic goes to every client when it subscribes. Retained
//              messages and wills are delivered without loss, in order inside their topic, while a connection
//              holds: they are state of the broker, and a client that misses one has a broken connection.
using TsDb.Simulation.Fleet;

namespace TsDb.Simulation.Network;

/// <summary>A broker that loses, doubles, delays and reorders.</summary>
internal sealed class Broker(World world, string name)
{
    private const int MissedMax = 3;
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(1);

    private readonly List<Subscription> _clients = [];
    private readonly SortedDictionary<string, byte[]> _retained = new(StringComparer.Ordinal);

    /// <summary>Name on the network: its own, or that of the node that hosts it.</summary>
    public string Name => name;

    public bool IsUp { get; private set; }

    public void Start() => IsUp = true;

    public void Stop()
    {
        if (!IsUp) return;
        world.Trace.Add($"! broker {name} stops");
        IsUp = false;
        _retained.Clear();
        foreach (Subscription client in _clients.ToArray()) Break(client, "the broker is gone");
    }

    /// <summary>Opens a connection; false if the broker cannot be reached.</summary>
    public bool TryConnect(Subscription client)
    {
        if (!IsUp || (!client.IsHost && !world.Wires.PassesBothWays(client.Client, name))) return false;
        _clients.Add(client);
        if (!client.IsHost) world.Time.After(KeepAlive, () => Watch(client));
        return true;
    }

    /// <summary>The client has other filters; what is retained comes again.</summary>
    public void Subscribe(Subscription client, IEnumerable<string> filters)
    {
        client.Filter(filters);
        foreach ((string topic, byte[] payload) in _retained)
        {
            if (client.Hears(topic)) SendRetained(client, topic, payload);
        }
    }

    /// <summary>Breaks a connection from the broker's side or the network's.</summary>
    public void Break(Subscription client, string reason)
    {
        if (!Close(client)) return;
        world.Time.After(world.Wires.Delay(), () => client.Broken(reason));
    }

    /// <summary>The client is gone.</summary>
    public bool Close(Subscription client)
    {
        if (!client.IsOpen) return false;
        client.IsOpen = false;
        _clients.Remove(client);
        world.Trace.Add($"- {client.Client} at {name}");
        if (IsUp && client.Will is { } will) Accept(will.Topic, will.Payload, retain: true);
        return true;
    }

    /// <summary>A client publishes; <paramref name="acknowledged"/> follows if all goes well.</summary>
    public void Publish(
        Subscription from, string topic, byte[] payload, bool retain, Action? acknowledged = null)
    {
        world.Trace.Add($"> {from.Client} at {name} {topic}", payload);
        if (from.IsHost)
        {
            Accept(topic, payload, retain);
            return;
        }

        TimeSpan way = world.LagOf(from.Client) + world.Wires.Delay();
        bool survivesBreak = world.Chance.Next(2) == 0;
        world.Time.After(way, () =>
        {
            if (!IsUp || !world.Wires.Passes(from.Client, name)) return;
            if (!from.IsOpen && (retain || !survivesBreak)) return;
            Accept(topic, payload, retain);
            if (acknowledged is null) return;
            world.Time.After(world.Wires.Delay(), () =>
            {
                if (from.IsOpen && world.Wires.Passes(name, from.Client)) acknowledged();
            });
        });
    }

    private void Accept(string topic, byte[] payload, bool retain)
    {
        if (retain) _retained[topic] = payload;
        foreach (Subscription client in _clients.ToArray())
        {
            if (!client.Hears(topic)) continue;
            if (client.IsHost) Send(client, topic, payload, TimeSpan.Zero);
            else if (retain) SendRetained(client, topic, payload);
            else
            {
                if (!world.Wires.IsLost()) Send(client, topic, payload, world.Wires.Delay());
                if (world.Wires.IsDoubled()) Send(client, topic, payload, world.Wires.Delay());
            }
        }
    }

    private void SendRetained(Subscription to, string topic, byte[] payload)
    {
        TimeSpan at = world.Time.Elapsed + world.Wires.Delay();
        if (to.RetainedAt.TryGetValue(topic, out TimeSpan before) && at < before) at = before;
        to.RetainedAt[topic] = at;
        Send(to, topic, payload, at - world.Time.Elapsed, retained: true);
    }

    private void Send(
        Subscription to, string topic, byte[] payload, TimeSpan delay, bool retained = false) =>
        world.Time.After(delay, () =>
        {
            if (!to.IsOpen) return;
            if (!to.IsHost && !world.Wires.Passes(name, to.Client))
            {
                if (retained) Break(to, "a message did not come through");
                return;
            }

            world.Trace.Add($"< {to.Client} at {name} {topic}", payload);
            to.Deliver(topic, payload);
        });

    private void Watch(Subscription client)
    {
        if (!client.IsOpen) return;
        client.Missed = world.Wires.PassesBothWays(client.Client, name) ? 0 : client.Missed + 1;
        if (client.Missed >= MissedMax) Break(client, "no keep-alive");
        else world.Time.After(KeepAlive, () => Watch(client));
    }
}
