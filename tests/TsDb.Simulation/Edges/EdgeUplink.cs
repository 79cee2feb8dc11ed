using TsDb.Codec.Shipment;
using TsDb.Replication.Shipping;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Machines;
using TsDb.Simulation.Network;

namespace TsDb.Simulation.Edges;

/// <summary>
/// One start of an edge on the brokers of its list: connected to one of them, to the next when that fails or
/// the cloud is not heard through it.
/// </summary>
internal sealed class EdgeUplink(World world, SimulatedEdge edge, Process program, ShipDesk desk)
{
    private static readonly TimeSpan AgainMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MuteMax = TimeSpan.FromSeconds(20);

    private readonly Guid _instance = edge.Instance;
    private Subscription? _open;
    private Broker? _broker;
    private int _next = world.Chance.Next(8);
    private TimeSpan _upAt;

    /// <summary>True while it is connected.</summary>
    public bool IsUp => _open is not null;

    public void Start() => ConnectSoon();

    /// <summary>Says what the desk wants said.</summary>
    public void Publish(IReadOnlyList<ShipMessage> messages)
    {
        Subscription? open = _open;
        foreach (ShipMessage message in messages)
        {
            if (!program.IsAlive) return;
            Observe(message);

            // A message for no connection is lost, and there is room for the next.
            if (open is null || open != _open) Sent(message);
            else
            {
                _broker!.Publish(open, message.Topic, message.Payload, retain: false, () =>
                {
                    if (open == _open) program.Run(() => Sent(message));
                });
            }
        }
    }

    /// <summary>Breaks the connection.</summary>
    public void Break(string reason)
    {
        if (_open is null) return;
        _broker!.Close(_open);
        Broken(_open, reason);
    }

    /// <summary>The program is no more.</summary>
    public void Lose()
    {
        if (_open is not null) _broker!.Close(_open);
        _open = null;
    }

    /// <summary>Another broker, if the cloud is not heard through this one.</summary>
    public void LookForMute()
    {
        if (_open is null) return;
        ShipStatus status = desk.Status(edge.Now);
        bool isWaiting = status.State is not ("shipping" or "paused")
            || status.OpenLeaves > status.Quarantined;
        bool isMute = world.Time.Elapsed - _upAt > MuteMax
            && edge.Now - (status.HeardAt ?? DateTimeOffset.MinValue) > MuteMax;
        if (isWaiting && isMute && !status.IsPaused) Break("the cloud is not heard through this broker");
    }

    // What it says of leaves that stand for nothing is true from then on, whether anybody hears it or not.
    private void Observe(ShipMessage message)
    {
        if (message.Topic != world.Topics.Hello(edge.Id)) return;
        if (ShipmentCodec.DecodeEdgeControl(message.Payload).Body is EdgeControl.Superseded superseded)
            world.Durable.Supersede(superseded.Leaves);
    }

    private void Sent(ShipMessage message)
    {
        if (message.Data is { } data) edge.Tell(data);
    }

    private void ConnectSoon() => world.Time.After(
        AgainMax * world.Chance.NextDouble(), () => program.Run(Connect));

    private void Connect()
    {
        Broker broker = world.Brokers[_next++ % world.Brokers.Count];
        string presence = world.Topics.Presence(edge.Id);
        Subscription? opening = null;
        opening = new Subscription(
            edge.Name,
            (topic, payload) => program.Run(() => Hear(opening!, topic, payload)),
            reason => program.Run(() => Broken(opening!, reason)))
        {
            Will = (presence, ShipmentCodec.Encode(new Presence(edge.Id, _instance, false))),
        };
        if (!broker.TryConnect(opening))
        {
            ConnectSoon();
            return;
        }

        (_open, _broker, _upAt) = (opening, broker, world.Time.Elapsed);
        broker.Subscribe(opening, [world.Topics.Ack(edge.Id), world.Topics.Cluster]);
        byte[] online = ShipmentCodec.Encode(new Presence(edge.Id, _instance, true));
        broker.Publish(opening, presence, online, retain: true);
        edge.Tell(new ShipEvent.LinkUp(world.Plan.ChunkBytes));
    }

    private void Broken(Subscription subscription, string reason)
    {
        if (subscription != _open) return;
        _open = null;
        edge.Tell(new ShipEvent.LinkDown(reason));
        ConnectSoon();
    }

    private void Hear(Subscription subscription, string topic, byte[] payload)
    {
        if (subscription != _open || payload.Length == 0) return;
        edge.Tell(topic == world.Topics.Cluster
            ? new ShipEvent.Cluster(ShipmentCodec.DecodeClusterInfo(payload))
            : new ShipEvent.Answered(ShipmentCodec.DecodeEdgeAnswers(payload)));
    }
}
