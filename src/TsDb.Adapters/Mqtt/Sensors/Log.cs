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

    [LoggerMessage(5205, LogLevel.Information, "Subscribed to sensors at {Broker}: {Filters}")]
    public static partial void Subscribed(ILogger log, string broker, string filters);

    [LoggerMessage(5206, LogLevel.Warning, "No sensors from {Broker} just now, next try in {Wait}: {Reason}")]
    public static partial void BrokerLost(ILogger log, string broker, TimeSpan wait, string reason);

    [LoggerMessage(5207, LogLevel.Warning, "{Count} lines about messages of sensors were left out here")]
    public static partial void LinesLeftOut(ILogger log, long count);

    [LoggerMessage(5208, LogLevel.Information, "Took the rules for sensors from {File}: {Count} rules")]
    public static partial void RulesTaken(ILogger log, string file, int count);

    [LoggerMessage(
        5209, LogLevel.Error, "The new rules for sensors are wrong, the ones before stay in force: {Reason}")]
    public static partial void RulesWrong(ILogger log, string reason);

    [LoggerMessage(5210, LogLevel.Information, "Asked a Sparkplug node for its birth on {Topic}")]
    public static partial void RebirthAsked(ILogger log, string topic);

    [LoggerMessage(5211, LogLevel.Error, "A connection of a sensor ended by a fault of ours")]
    public static partial void ConnectionBroken(ILogger log, Exception error);

    [LoggerMessage(5212, LogLevel.Warning, "A command could not be sent on {Topic}: {Reason}")]
    public static partial void CommandNotSent(ILogger log, string topic, string reason);
}
