using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using MQTTnet;
using MQTTnet.Formatter;
using TsDb.Adapters.Mqtt;

namespace TsDb.Tests.Adapters.Mqtt;

/// <summary>
/// The client library with the keep-alive of ours, and a broker that does exactly what a test says. Only the
/// clock is not real.
/// </summary>
public sealed class KeepAliveTests : IAsyncLifetime
{
    private const int Period = 10;
    private const byte Ping = 0xC0;
    private const byte PingAnswer = 0xD0;
    private const byte PublishOnce = 0x30;

    private readonly FakeTimeProvider _clock = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly SemaphoreSlim _taken = new(0);
    private readonly TaskCompletionSource<string> _ended =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IMqttClient _client;
    private RawMqtt? _broker;

    public KeepAliveTests()
    {
        _client = new MqttClientFactory().CreateMqttClient(
            new KeepAliveAdapter(TimeSpan.FromSeconds(Period), _clock));
        _client.ApplicationMessageReceivedAsync += _ =>
        {
            _taken.Release();
            return Task.CompletedTask;
        };
        _client.DisconnectedAsync += e =>
        {
            _ended.TrySetResult(e.Exception?.Message ?? "");
            return Task.CompletedTask;
        };
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _listener.Start();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        _broker?.Dispose();
        _listener.Dispose();
        _taken.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_quiet_connection_is_pinged_each_period_and_lives()
    {
        byte[] connect = await ConnectAsync([]);
        Assert.Equal(Period, (connect[8] << 8) | connect[9]);
        for (int turn = 0; turn < 4; turn++)
        {
            // Half a period after a ping it is seen that the answer has come.
            Advance(Period / 2);
            Advance(Period / 2);
            Assert.Equal(Ping, (await _broker!.ReceiveAsync()).First);
            await _broker.SendAsync(PingAnswer, []);
            await HearAsync();
        }

        Assert.False(_ended.Task.IsCompleted);
    }

    [Fact]
    public async Task The_period_that_the_broker_demands_counts()
    {
        await ConnectAsync([0x13, 0, 3]);
        Advance(3);
        Assert.Equal(Ping, (await _broker!.ReceiveAsync()).First);
    }

    [Fact]
    public async Task What_is_sent_and_heard_puts_the_ping_off()
    {
        await ConnectAsync([]);
        for (int turn = 0; turn < 4; turn++)
        {
            Advance(Period - 1);
            await PublishAsync();
            await HearAsync();
        }
    }

    [Fact]
    public async Task A_broker_that_only_takes_is_asked_and_given_up()
    {
        await ConnectAsync([]);
        for (int second = 0; second < Period - 1; second++)
        {
            Advance(1);
            await PublishAsync();
        }

        Advance(1);
        Assert.Equal(Ping, (await _broker!.ReceiveAsync()).First);
        for (int second = 0; second < (Period / 2) - 1; second++)
        {
            Advance(1);
            await PublishAsync();
        }

        Advance(1);
        Assert.Equal("the broker did not answer a ping within 5 s", await _ended.Task.WaitAsync(Ct));
    }

    [Fact]
    public async Task Whatever_comes_counts_as_an_answer()
    {
        await ConnectAsync([]);
        Advance(Period);
        Assert.Equal(Ping, (await _broker!.ReceiveAsync()).First);
        await HearAsync();
        Advance(Period / 2);
        Advance(Period / 2);
        Assert.Equal(Ping, (await _broker.ReceiveAsync()).First);
        Assert.True(_client.IsConnected);
    }

    [Fact]
    public async Task Without_an_answer_the_connection_ends_and_says_why()
    {
        await ConnectAsync([]);
        Advance(Period);
        Assert.Equal(Ping, (await _broker!.ReceiveAsync()).First);
        Advance(Period / 2);
        Assert.Equal("the broker did not answer a ping within 5 s", await _ended.Task.WaitAsync(Ct));
        Assert.True(await _broker.IsClosedAsync());
    }

    [Fact]
    public async Task A_connection_that_was_closed_is_not_pinged()
    {
        await ConnectAsync([]);
        await _client.DisconnectAsync(new MqttClientDisconnectOptions(), Ct);
        Advance(Period);
        Advance(Period);
        Assert.Equal("", await _ended.Task.WaitAsync(Ct));
        Assert.Equal(0xE0, (await _broker!.ReceiveAsync()).First);
        Assert.True(await _broker.IsClosedAsync());
    }

    private void Advance(int seconds) => _clock.Advance(TimeSpan.FromSeconds(seconds));

    private async Task PublishAsync()
    {
        await _client.PublishAsync(new MqttApplicationMessage { Topic = "t" }, Ct);
        Assert.Equal(PublishOnce, (await _broker!.ReceiveAsync()).First);
    }

    /// <summary>Until the client has taken what the broker had sent.</summary>
    private async Task HearAsync()
    {
        await _broker!.SendAsync(RawMqtt.Publish("t", "x", level: 0, packetId: 0));
        await _taken.WaitAsync(Ct);
    }

    /// <summary>Returns the body of CONNECT.</summary>
    private async Task<byte[]> ConnectAsync(byte[] properties)
    {
        MqttClientOptions options = new MqttClientOptionsBuilder()
            .WithTcpServer("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port)
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithNoKeepAlive()
            .Build();
        Task<MqttClientConnectResult> connecting = _client.ConnectAsync(options, Ct);
        _broker = RawMqtt.Accepted(await _listener.AcceptTcpClientAsync(Ct));
        (byte first, byte[] connect) = await _broker.ReceiveAsync();
        Assert.Equal(0x10, first);
        await _broker.SendAsync(0x20, [0, 0, (byte)properties.Length, .. properties]);
        await connecting;
        return connect;
    }
}
