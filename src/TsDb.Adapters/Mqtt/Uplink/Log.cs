using Microsoft.Extensions.Logging;

namespace TsDb.Adapters.Mqtt.Uplink;

/// <summary>Log lines of the uplink.</summary>
internal static partial class Log
{
    [LoggerMessage(4301, LogLevel.Information, "Uplink to {Broker} is up, chunks up to {ChunkBytes} bytes")]
    public static partial void UplinkUp(ILogger log, Uri broker, int chunkBytes);

    [LoggerMessage(4302, LogLevel.Warning, "Uplink to {Broker} is down: {Reason}")]
    public static partial void UplinkLost(ILogger log, Uri broker, string reason);

    [LoggerMessage(4303, LogLevel.Debug, "Disconnecting failed: {Reason}")]
    public static partial void DisconnectFailed(ILogger log, string reason);

    [LoggerMessage(4304, LogLevel.Warning, "A message on {Topic} was ignored: {Reason}")]
    public static partial void MessageRefused(ILogger log, string topic, string reason);

    [LoggerMessage(4305, LogLevel.Warning, "Shipping: {Reason}")]
    public static partial void PublishRefused(ILogger log, string reason);

    [LoggerMessage(4306, LogLevel.Error, "Shipping stopped for a moment")]
    public static partial void ShippingFailed(ILogger log, Exception reason);
}
