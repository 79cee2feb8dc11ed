using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Mqtt.Sensors.Wire;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// The edge's own endpoint for sensors: speaks MQTT 3.1, 3.1.1 and 5, takes points and passes messages on to
/// nobody. A publish is acknowledged after its points are durable; publishes do not wait for each other, so
/// that many share one commit.
/// </summary>
/// <remarks>
/// When points cannot be stored for now they are held, and after a while the connection is closed without an
/// acknowledgement: the sender keeps what is not acknowledged and sends it again, in order. A payload that
/// can never be stored is acknowledged, to MQTT 5 senders with the reason, so that it does not block what
/// comes behind it. The only messages that are sent are commands to Sparkplug nodes.
/// </remarks>
public sealed class SensorBroker : IAsyncDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly SensorBrokerRooms _rooms;
    private readonly ConcurrentDictionary<SensorConnection, Task> _connections = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _sweeping = Task.CompletedTask;
    private int _count;
    private long _turnedAway;
    private bool _isStopped;

    /// <summary>
    /// Prepares the broker; it takes connections once it is attached to a listener and started.
    /// </summary>
    public SensorBroker(SensorIntake intake, SensorBrokerOptions options, ILoggerFactory loggers)
    {
        _rooms = new SensorBrokerRooms(
            options,
            intake,
            new ByteBudget(options.BytesInFlightMax, options.Clock),
            new SensorSessions(options.SessionsMax),
            loggers.CreateLogger("TsDb.Mqtt.Sensors"));
        intake.Sparkplug.SendCommand = Send;
    }

    /// <summary>Payload bytes received and not yet committed, and their bound.</summary>
    public ByteBudget BytesInFlight => _rooms.Budget;

    /// <summary>Connections just now.</summary>
    public int ConnectionCount => Volatile.Read(ref _count);

    /// <summary>Connections that were closed at once, because there were too many.</summary>
    public long ConnectionsTurnedAway => Volatile.Read(ref _turnedAway);

    /// <summary>Starts the broker; to be called before the listener opens.</summary>
    public Task StartAsync()
    {
        _sweeping = SweepAsync();
        return Task.CompletedTask;
    }

    /// <summary>Makes a listener of Kestrel speak MQTT to sensors.</summary>
    public void Attach(ListenOptions listener) => listener.Run(ServeAsync);

    /// <summary>Sends a message at QoS 0 to the clients that have subscribed to its topic.</summary>
    public void Send(string topic, byte[] payload)
    {
        Log.RebirthAsked(_rooms.Log, topic);
        foreach (SensorConnection connection in _connections.Keys) connection.TrySend(topic, payload);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isStopped, true)) return;
        await _stop.CancelAsync();
        await _sweeping;
        foreach (SensorConnection connection in _connections.Keys)
        {
            connection.EndWith(new MqttFault(
                MqttReason.ServerShuttingDown, "this edge is shutting down: come back when it is up"));
        }

        await Task.WhenAll(_connections.Values);
        await _rooms.Intake.Gatherer.DrainAsync();
        _stop.Dispose();
    }

    private async Task ServeAsync(ConnectionContext transport)
    {
        if (Interlocked.Increment(ref _count) > _rooms.Options.ConnectionsMax
            || _stop.IsCancellationRequested)
        {
            Interlocked.Decrement(ref _count);
            Interlocked.Increment(ref _turnedAway);
            transport.Abort(new ConnectionAbortedException("there are too many connections"));
            return;
        }

        using SensorConnection connection = new(transport, _rooms);
        Task running = connection.RunAsync();
        _connections[connection] = running;
        try
        {
            await running;
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            Interlocked.Decrement(ref _count);
        }
    }

    private async Task SweepAsync()
    {
        TimeProvider clock = _rooms.Options.Clock;
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(SweepInterval, clock, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            long now = clock.GetTimestamp();
            foreach (SensorConnection connection in _connections.Keys) connection.EndIfOverdue(now);
        }
    }
}
