using Microsoft.Extensions.Logging;
using TsDb.Adapters.Hosting;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Mqtt.Cloud;

/// <summary>
/// All brokers of a cloud node: its own, which it hosts, and a connection to that of every other member; or
/// connections to the outside ones of the list.
/// </summary>
public sealed class CloudEdgeLink : IEdgeLink, IAsyncDisposable
{
    private readonly CloudBrokerOptions _options;
    private readonly EmbeddedBroker? _own;
    private readonly IClusterState _cluster;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, BrokerConnection> _connections = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ReadOnlyMemory<byte>> _retained = new(StringComparer.Ordinal);
    private FilterSet _filters = new([]);
    private IEdgeInbox? _inbox;
    private bool _ended;

    /// <summary>
    /// A link over the embedded broker <paramref name="own"/> and the other members' brokers, or, where it is
    /// null, over the outside brokers of the options.
    /// </summary>
    public CloudEdgeLink(
        CloudBrokerOptions options,
        EmbeddedBroker? own,
        IClusterState cluster,
        TimeProvider clock,
        ILogger log) =>
        (_options, _own, _cluster, _clock, _log) = (options, own, cluster, clock, log);

    /// <summary>Takes replies to this node's own questions; true for what is one. Set before
    /// <see cref="StartAsync"/>.</summary>
    public Func<string, ReadOnlyMemory<byte>, bool>? OnReply { get; set; }

    /// <summary>Brokers that are connected now, this node's own not counted.</summary>
    public int ConnectedCount
    {
        get
        {
            lock (_gate) return _connections.Values.Count(connection => connection.IsConnected);
        }
    }

    /// <inheritdoc/>
    public async Task StartAsync(IEdgeInbox inbox, CancellationToken ct)
    {
        if (OnReply is { } replies) inbox = new ReplyInbox(inbox, replies);
        lock (_gate) _inbox = inbox;
        _own?.Deliver(inbox);
        _cluster.Changed += Follow;
        await FollowAsync(_cluster.Current);
    }

    /// <inheritdoc/>
    public void Subscribe(IReadOnlyCollection<string> filters)
    {
        FilterSet set = new([.. filters, _options.Topics.Reply(_options.Self)]);
        _own?.Subscribe(set);
        lock (_gate)
        {
            _filters = set;
            foreach (BrokerConnection connection in _connections.Values) connection.Subscribe(set);
        }
    }

    /// <inheritdoc/>
    public async ValueTask PublishAsync(string topic, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        lock (_gate)
        {
            foreach (BrokerConnection connection in _connections.Values) connection.Publish(topic, payload);
        }

        if (_own is not null) await _own.PublishAsync(topic, payload, retain: false, ct);
    }

    /// <inheritdoc/>
    public void Retain(string topic, ReadOnlyMemory<byte> payload)
    {
        // A member's broker is told by its own node; outside brokers by everybody.
        if (_own is not null)
        {
            _ = RetainOwnAsync(_own, topic, payload);
            return;
        }

        lock (_gate)
        {
            _retained[topic] = payload;
            foreach (BrokerConnection connection in _connections.Values) connection.Retain(topic, payload);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _cluster.Changed -= Follow;
        BrokerConnection[] connections;
        lock (_gate)
        {
            _ended = true;
            connections = [.. _connections.Values];
            _connections.Clear();
        }

        foreach (BrokerConnection connection in connections) await connection.DisposeAsync();
    }

    private async Task RetainOwnAsync(EmbeddedBroker own, string topic, ReadOnlyMemory<byte> payload)
    {
        try
        {
            await own.PublishAsync(topic, payload, retain: true, CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Log.NotRetained(_log, topic, e);
        }
    }

    private void Follow(ClusterConfiguration cluster) => _ = FollowAsync(cluster);

    private async Task FollowAsync(ClusterConfiguration? cluster)
    {
        SortedSet<string> wanted =
            new(_own is null ? OutsideBrokers() : MemberBrokers(cluster), StringComparer.Ordinal);
        List<BrokerConnection> gone = [];
        lock (_gate)
        {
            if (_ended || _inbox is null) return;
            foreach (string broker in _connections.Keys.Except(wanted).ToArray())
            {
                gone.Add(_connections[broker]);
                _connections.Remove(broker);
            }

            foreach (string broker in wanted.Except(_connections.Keys).ToArray())
            {
                BrokerConnection connection =
                    new(BrokerUrl.Parse(broker), _options, _filters, _inbox, _clock, _log);
                foreach ((string topic, ReadOnlyMemory<byte> payload) in _retained)
                    connection.Retain(topic, payload);
                _connections.Add(broker, connection);
            }
        }

        foreach (BrokerConnection connection in gone) await connection.DisposeAsync();
    }

    private IEnumerable<string> OutsideBrokers() => _options.Outside.Select(broker => broker.ToString());

    private IEnumerable<string> MemberBrokers(ClusterConfiguration? cluster) => (cluster?.Members ?? [])
        .Where(member => member.Id != _options.Self && member.BrokerAddress.Length > 0)
        .Select(member => member.BrokerAddress);
}
