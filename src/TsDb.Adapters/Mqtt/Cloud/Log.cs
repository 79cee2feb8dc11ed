using Microsoft.Extensions.Logging;

namespace TsDb.Adapters.Mqtt.Cloud;

/// <summary>Log messages of the cloud's brokers.</summary>
internal static partial class Log
{
    [LoggerMessage(5201, LogLevel.Information, "Connected to broker {Broker}")]
    public static partial void BrokerConnected(ILogger log, Uri broker);

    [LoggerMessage(5202, LogLevel.Information, "Broker {Broker} is not connected: {Reason}")]
    public static partial void BrokerLost(ILogger log, Uri broker, string reason);

    [LoggerMessage(5203, LogLevel.Warning, "Broker {Broker} did not take a message to {Topic}: {Reason}")]
    public static partial void NotPublished(ILogger log, Uri broker, string topic, string reason);

    [LoggerMessage(5204, LogLevel.Warning, "Client {Client} may not publish to {Topic}")]
    public static partial void PublishRefused(ILogger log, string client, string topic);

    [LoggerMessage(5205, LogLevel.Warning, "Client {Client} may not subscribe to {Filter}")]
    public static partial void SubscriptionRefused(ILogger log, string client, string filter);

    [LoggerMessage(5206, LogLevel.Error, "The retained message {Topic} could not be put in place")]
    public static partial void NotRetained(ILogger log, string topic, Exception error);

    [LoggerMessage(5207, LogLevel.Error,
        "What an edge said of itself on {Topic} while this node started was not heard")]
    public static partial void PresenceLost(ILogger log, string topic, Exception error);
}
