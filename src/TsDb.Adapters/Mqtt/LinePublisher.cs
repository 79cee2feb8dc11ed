using System.Buffers;
using MQTTnet;
using MQTTnet.Protocol;
using TsDb.Model;

namespace TsDb.Adapters.Mqtt;

/// <summary>
/// Publishes line protocol as a sensor would: MQTT 5, QoS 1, one message at a time. A publish returns once
/// the
/// broker acknowledged it, which on an edge means that the points are on disk.
/// </summary>
public sealed class LinePublisher : IAsyncDisposable
{
    private readonly IMqttClient _client;

    private LinePublisher(IMqttClient client) => _client = client;

    /// <summary>Connects to a broker given as <c>mqtt://host:port</c>; throws Unavailable if it does not
    /// answer.</summary>
    public static async Task<LinePublisher> ConnectAsync(string url, string clientId, CancellationToken ct)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme != "mqtt")
            throw new TsDbException(ErrorKind.Invalid, $"'{url}' is not a broker: use mqtt://host:port");
        IMqttClient client = new MqttClientFactory().CreateMqttClient();
        MqttClientOptions options = new MqttClientOptionsBuilder()
            .WithTcpServer(uri.Host, uri.IsDefaultPort ? 1883 : uri.Port)
            .WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500)
            .WithClientId(clientId)
            .WithCleanStart()
            .Build();
        try
        {
            await client.ConnectAsync(options, ct);
        }
        catch (Exception e) when (e is MQTTnet.Exceptions.MqttCommunicationException or TimeoutException)
        {
            client.Dispose();
            throw new TsDbException(ErrorKind.Unavailable, $"no broker answers at {url}: {e.Message}", e);
        }

        return new LinePublisher(client);
    }

    /// <summary>
    /// Publishes lines to a topic and waits for the acknowledgement; returns what an edge says of lines that
    /// it refused (<c>2 refused: missing fields</c>), null if it took all. Throws Unavailable if it was
    /// refused whole or the connection broke; then it is unknown whether the points were taken, and the same
    /// lines can be sent again.
    /// </summary>
    public async Task<string?> PublishAsync(string topic, ReadOnlyMemory<byte> lines, CancellationToken ct)
    {
        MqttApplicationMessage message = new()
        {
            Topic = topic,
            PayloadSegment = default,
            Payload = new ReadOnlySequence<byte>(lines),
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
        };
        MqttClientPublishResult result;
        try
        {
            result = await _client.PublishAsync(message, ct);
        }
        catch (Exception e) when (e is MQTTnet.Exceptions.MqttCommunicationException or TimeoutException)
        {
            throw new TsDbException(ErrorKind.Unavailable, $"the broker did not acknowledge: {e.Message}", e);
        }

        if (!result.IsSuccess)
            throw new TsDbException(ErrorKind.Unavailable,
                $"the broker refused: {result.ReasonCode} {result.ReasonString}");
        return string.IsNullOrEmpty(result.ReasonString) ? null : result.ReasonString;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected) await _client.DisconnectAsync();
        _client.Dispose();
    }
}
