using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Machines;
using TsDb.Simulation.Network;

namespace TsDb.Simulation.Nodes;

/// <summary>One start of a node on all brokers: its own in process, where it hosts one, and every other.
/// </summary>
internal sealed class NodeLink(World world, SimulatedNode node, Process program) : IEdgeLink
{
    private static readonly TimeSpan AgainMax = TimeSpan.FromSeconds(2);

    private readonly SortedDictionary<string, Subscription> _open = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wanted = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, byte[]> _retained = new(StringComparer.Ordinal);
    private IReadOnlyCollection<string> _filters = [];
    private IEdgeInbox? _inbox;

    public Task StartAsync(IEdgeInbox inbox, CancellationToken ct)
    {
        _inbox = inbox;
        Follow();
        return Task.CompletedTask;
    }

    /// <summary>Connects to the brokers that are new.</summary>
    public void Follow()
    {
        if (_inbox is null) return;
        foreach (Broker broker in world.Brokers)
        {
            if (_wanted.Add(broker.Name)) Connect(broker);
        }
    }

    public void Subscribe(IReadOnlyCollection<string> filters)
    {
        _filters = filters;
        foreach ((string name, Subscription subscription) in _open)
            world.BrokerOf(name).Subscribe(subscription, filters);
    }

    public ValueTask PublishAsync(string topic, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        if (!program.IsAlive) return ValueTask.CompletedTask;
        if (topic.StartsWith(world.Topics.Ack(new EdgeId("x"))[..^1], StringComparison.Ordinal))
            world.Durable.Heard(node, ShipmentCodec.DecodeEdgeAnswers(payload.Span));
        foreach ((string name, Subscription subscription) in _open)
            world.BrokerOf(name).Publish(subscription, topic, payload.ToArray(), retain: false);
        return ValueTask.CompletedTask;
    }

    public void Retain(string topic, ReadOnlyMemory<byte> payload)
    {
        if (!program.IsAlive) return;
        _retained[topic] = payload.ToArray();
        foreach ((string name, Subscription subscription) in _open)
        {
            if (Tells(subscription))
                world.BrokerOf(name).Publish(subscription, topic, _retained[topic], retain: true);
        }
    }

    /// <summary>Breaks one of the connections.</summary>
    public void BreakOne()
    {
        Subscription[] others = [.. _open.Values.Where(subscription => !subscription.IsHost)];
        if (others.Length == 0) return;
        Subscription broken = others[world.Chance.Next(others.Length)];
        world.BrokerOf(_open.First(pair => pair.Value == broken).Key).Break(broken, "broken");
    }

    /// <summary>The program is no more: its connections end.</summary>
    public void Lose()
    {
        foreach ((string name, Subscription subscription) in _open) world.BrokerOf(name).Close(subscription);
        _open.Clear();
    }

    // A member's broker is told by its own node; outside brokers by everybody.
    private bool Tells(Subscription subscription) => subscription.IsHost || world.Plan.OutsideBrokers > 0;

    private void Connect(Broker broker)
    {
        if (!program.IsAlive) return;
        Subscription subscription = new(
            node.Name,
            (topic, payload) => program.Run(
                () => _ = _inbox!.TakeAsync(broker.Name, topic, payload, CancellationToken.None).AsTask()),
            _ => program.Run(() => Broken(broker)))
        {
            IsHost = broker.Name == node.Name,
        };
        if (!broker.TryConnect(subscription))
        {
            world.Time.After(AgainMax * world.Chance.NextDouble(), () => Connect(broker));
            return;
        }

        _open[broker.Name] = subscription;
        broker.Subscribe(subscription, _filters);
        if (!Tells(subscription)) return;
        foreach ((string topic, byte[] payload) in _retained)
            broker.Publish(subscription, topic, payload, retain: true);
    }

    private void Broken(Broker broker)
    {
        _open.Remove(broker.Name);
        _ = _inbox!.LostAsync(broker.Name, CancellationToken.None).AsTask();
        world.Time.After(AgainMax * world.Chance.NextDouble(), () => Connect(broker));
    }
}
