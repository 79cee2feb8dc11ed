using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Exceptions;
using MQTTnet.Implementations;
using MQTTnet.Packets;

namespace TsDb.Adapters.Mqtt;

/// <summary>
/// Keeps connections alive in place of the client library (MQTT 5, 3.1.2.10). That looks at each connection
/// four times a second, for an idle cloud node a seventh of its work; and it pings as often as it wished to,
/// even if the broker has demanded it sooner. To be used with options that have no keep-alive of their own.
/// </summary>
/// <param name="period">
/// In whole seconds, up to 65,535: after so long in which nothing was sent, or nothing came, a ping is sent,
/// and if then nothing comes for half of it the connection is given up. The broker may demand another one.
/// </param>
/// <param name="clock">Tells when.</param>
/// <param name="inner">Makes the connections; null for those of the library.</param>
internal sealed class KeepAliveAdapter(
    TimeSpan period, TimeProvider clock, IMqttClientAdapterFactory? inner = null) : IMqttClientAdapterFactory
{
    private readonly IMqttClientAdapterFactory _inner = inner ?? new MqttClientAdapterFactory();
    private readonly ushort _seconds = checked((ushort)period.TotalSeconds);

    public IMqttChannelAdapter CreateClientAdapter(
        MqttClientOptions options, MqttPacketInspector packetInspector, IMqttNetLogger logger)
    {
        if (options.KeepAlivePeriod > TimeSpan.Zero)
            throw new ArgumentException("the library would keep the connection alive, too", nameof(options));
        return new Channel(_inner.CreateClientAdapter(options, packetInspector, logger), _seconds, clock);
    }

    private sealed class Channel(IMqttChannelAdapter inner, ushort seconds, TimeProvider clock)
        : ForwardingChannel(inner)
    {
        private readonly Lock _gate = new();
        private TimeSpan _period = TimeSpan.FromSeconds(seconds);
        private long _sentAt;
        private long _heardAt;
        private bool _isAsked;
        private bool _hasEnded;
        private ITimer? _timer;
        private volatile string? _silence;

        public override Task DisconnectAsync(CancellationToken cancellationToken)
        {
            Stop();
            return base.DisconnectAsync(cancellationToken);
        }

        public override async Task<MqttPacket> ReceivePacketAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                MqttPacket? packet;
                try
                {
                    packet = await base.ReceivePacketAsync(cancellationToken);
                }
                catch (MqttCommunicationException e) when (_silence is { } silence)
                {
                    throw new MqttCommunicationException(silence, e);
                }

                if (packet is null && _silence is { } why) throw new MqttCommunicationException(why);

                // Whatever comes is a sign of life: an answer may stand behind much else.
                if (packet is not null) Hear();
                if (packet is MqttPingRespPacket) continue;
                if (packet is MqttConnAckPacket accepted) Start(accepted);
                return packet!;
            }
        }

        public override Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
        {
            if (packet is MqttConnectPacket connect) connect.KeepAlivePeriod = seconds;
            Volatile.Write(ref _sentAt, clock.GetTimestamp());
            return base.SendPacketAsync(packet, cancellationToken);
        }

        public override void Dispose()
        {
            Stop();
            base.Dispose();
        }

        private void Hear()
        {
            Volatile.Write(ref _heardAt, clock.GetTimestamp());
            Volatile.Write(ref _isAsked, false);
        }

        private void Start(MqttConnAckPacket accepted)
        {
            if (accepted.ServerKeepAlive > 0) _period = TimeSpan.FromSeconds(accepted.ServerKeepAlive);
            accepted.ServerKeepAlive = 0;
            lock (_gate)
            {
                if (_hasEnded || _timer is not null || _period == TimeSpan.Zero) return;
                _timer = clock.CreateTimer(_ => Look(), null, _period, Timeout.InfiniteTimeSpan);
            }
        }

        private void Stop()
        {
            lock (_gate)
            {
                _hasEnded = true;
                _timer?.Dispose();
            }
        }

        private void Look()
        {
            if (Volatile.Read(ref _isAsked))
            {
                GiveUp();
                return;
            }

            // Who sends much without an answer would else never ask.
            long quietSince = Math.Min(Volatile.Read(ref _sentAt), Volatile.Read(ref _heardAt));
            TimeSpan left = _period - clock.GetElapsedTime(quietSince);
            if (left <= TimeSpan.Zero)
            {
                Volatile.Write(ref _isAsked, true);
                left = _period / 2;
                _ = PingAsync();
            }

            lock (_gate)
            {
                if (!_hasEnded) _timer!.Change(left, Timeout.InfiniteTimeSpan);
            }
        }

        private async Task PingAsync()
        {
            try
            {
                await SendPacketAsync(MqttPingReqPacket.Instance, CancellationToken.None);
            }
            catch (Exception e) when (e is MqttCommunicationException or ObjectDisposedException
                or OperationCanceledException)
            {
                // Whoever receives hears of it, too; and there will be no answer.
            }
        }

        // The end of the connection is what the library's receiver waits for; it is told why.
        private void GiveUp()
        {
            _silence = $"the broker did not answer a ping within {_period.TotalSeconds / 2:0.#} s";
            try
            {
                DisconnectAsync(CancellationToken.None).GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is MqttCommunicationException or ObjectDisposedException)
            {
                // Then it has ended already.
            }
            catch (Exception e)
            {
                // On a timer's thread: beyond it the process would end. Whoever receives is told.
                _silence += $"; to close the connection failed: {e.Message}";
            }
        }
    }
}
