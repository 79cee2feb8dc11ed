using Microsoft.Extensions.Logging;
using TsDb.Model;

namespace TsDb.Replication.Shipping;

/// <summary>Log lines of shipping.</summary>
internal static partial class Log
{
    [LoggerMessage(3101, LogLevel.Debug, "{Cell} #{Ordinal} is durable at epoch {Epoch}")]
    public static partial void LeafDurable(ILogger log, Cell cell, long ordinal, long epoch);

    [LoggerMessage(
        3102, LogLevel.Information, "{Cell} #{Ordinal} is below the cloud's horizon and is not shipped")]
    public static partial void LeafExpired(ILogger log, Cell cell, long ordinal);

    [LoggerMessage(3103, LogLevel.Warning, "{Cell} #{Ordinal} was set aside: {Reason}")]
    public static partial void LeafQuarantined(ILogger log, Cell cell, long ordinal, string reason);

    [LoggerMessage(
        3104, LogLevel.Warning, "{Cell} #{Ordinal} was durable and is missing in the cloud: offered again")]
    public static partial void LeafMissing(ILogger log, Cell cell, long ordinal);

    [LoggerMessage(
        3105, LogLevel.Information, "This edge ships to cluster {Cluster} from now on, and to no other")]
    public static partial void ClusterPinned(ILogger log, ClusterId cluster);

    [LoggerMessage(
        3106,
        LogLevel.Warning,
        "The cloud knows more of this edge than the edge does (restored or cloned): {Incarnation} begins")]
    public static partial void IncarnationTaken(ILogger log, Incarnation incarnation);

    [LoggerMessage(3108, LogLevel.Warning, "What became of {Cell} #{Ordinal} could not be recorded")]
    public static partial void NotRecorded(ILogger log, Cell cell, long ordinal, Exception reason);

    [LoggerMessage(3109, LogLevel.Warning, "The cluster's settings of databases could not be kept: {Reason}")]
    public static partial void DatabasesNotKept(ILogger log, string reason);

    [LoggerMessage(
        3110, LogLevel.Warning, "That this edge ships to cluster {Cluster} could not be remembered")]
    public static partial void NotPinned(ILogger log, ClusterId cluster, Exception reason);

    [LoggerMessage(3112, LogLevel.Warning, "Incarnation {Incarnation} cannot be left yet")]
    public static partial void IncarnationNotTaken(
        ILogger log, Incarnation incarnation, Exception reason);

    [LoggerMessage(3111, LogLevel.Warning, "What the cluster erased could not be kept: {Reason}")]
    public static partial void TombstonesNotKept(ILogger log, string reason);

    [LoggerMessage(
        3107,
        LogLevel.Information,
        "{Cell} #{Ordinal} of {Incarnation} may lie below shipments of a copy of this edge: cut anew")]
    public static partial void CutTakenBack(ILogger log, Cell cell, long ordinal, Incarnation incarnation);

    [LoggerMessage(3113, LogLevel.Warning, "Shipments of {Cell} that are to be cut anew cannot be yet")]
    public static partial void CutsNotTakenBack(ILogger log, Cell cell, Exception reason);
}
