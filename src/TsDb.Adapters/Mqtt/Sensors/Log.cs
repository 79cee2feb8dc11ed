using Microsoft.Extensions.Logging;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>Log lines of what sensors send.</summary>
internal static partial class Log
{
    [LoggerMessage(
        5201, LogLevel.Warning, "Refused {Count} points on topic {Topic}, the first because: {Reason}")]
    public static partial void PointsRefused(ILogger log, string topic, long count, string reason);

    [LoggerMessage(5202, LogLevel.Warning, "Refused a message on topic {Topic}: {Reason}")]
    public static partial void MessageRefused(ILogger log, string topic, string reason);

    [LoggerMessage(5203, LogLevel.Warning, "A message on topic {Topic} could not be stored: {Reason}")]
    public static partial void MessageNotStored(ILogger log, string topic, string reason);

    [LoggerMessage(5204, LogLevel.Warning, "Closed the connection of {Client}: {Reason}")]
    public static partial void ConnectionClosed(ILogger log, string client, string reason);

    [LoggerMessage(5205, LogLevel.Information, "Subscribed to sensors at {Broker}")]
    public static partial void Subscribed(ILogger log, string broker);

    [LoggerMessage(5206, LogLevel.Warning, "No sensors from {Broker} just now, next try in {Wait}: {Reason}")]
    public static partial void BrokerLost(ILogger log, string broker, TimeSpan wait, string reason);
}
