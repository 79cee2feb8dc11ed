using Microsoft.Extensions.Logging;
using TsDb.Model;

namespace TsDb.Adapters.Mqtt.Fresh;

/// <summary>Log lines of fresh queries.</summary>
internal static partial class Log
{
    [LoggerMessage(5601, LogLevel.Warning, "A reply on {Topic} is ignored: {Reason}")]
    public static partial void ReplyIgnored(ILogger log, string topic, string reason);

    [LoggerMessage(
        5602, LogLevel.Warning, "An answer to a fresh query could not be sent to {Topic}: {Reason}")]
    public static partial void ReplyNotSent(ILogger log, string topic, string reason);

    [LoggerMessage(5603, LogLevel.Error, "A fresh query failed")]
    public static partial void QueryFailed(ILogger log, Exception error);

    [LoggerMessage(
        5604, LogLevel.Information, "The time of query {Query} of {Node} was over before it was answered")]
    public static partial void QueryLate(ILogger log, Guid query, NodeId node);
}
