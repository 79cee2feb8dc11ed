using Microsoft.Extensions.Logging;
using TsDb.Model;

namespace TsDb.Adapters.Raft;

/// <summary>What the cluster's membership says to people.</summary>
internal static partial class Log
{
    [LoggerMessage(6101, LogLevel.Information, "Not in a cluster yet: {Reason}")]
    public static partial void Waiting(ILogger log, string reason);

    [LoggerMessage(6102, LogLevel.Information, "Cluster {Cluster} is founded with {Members} members")]
    public static partial void Founded(ILogger log, ClusterId cluster, int members);

    [LoggerMessage(6103, LogLevel.Information, "Admitted to cluster {Cluster}")]
    public static partial void Joined(ILogger log, ClusterId cluster);

    [LoggerMessage(6104, LogLevel.Warning, "Asking to be admitted failed: {Reason}")]
    public static partial void JoinFailed(ILogger log, string reason);

    [LoggerMessage(6105, LogLevel.Information, "Configuration epoch {Epoch}: {Members} members")]
    public static partial void Configured(ILogger log, long epoch, int members);

    [LoggerMessage(6106, LogLevel.Information, "Leader of the cluster's configuration: {Leader}")]
    public static partial void LeaderIs(ILogger log, string leader);

    [LoggerMessage(6107, LogLevel.Warning, "Cluster port: connection from {Remote} refused: {Reason}")]
    public static partial void Refused(ILogger log, string remote, string reason);

    [LoggerMessage(6108, LogLevel.Debug, "Cluster port: connection from {Remote} ended: {Reason}")]
    public static partial void Ended(ILogger log, string remote, string reason);

    [LoggerMessage(6109, LogLevel.Warning, "Changing the voters failed, it is tried again: {Reason}")]
    public static partial void VotersFailed(ILogger log, string reason);

    [LoggerMessage(
        6110, LogLevel.Warning,
            "{Flag} counts only at the founding: this cluster was founded with {Value} (0: majority)")]
    public static partial void FlagDiffers(ILogger log, string flag, int value);

    [LoggerMessage(6111, LogLevel.Error, "The consensus engine did not stop in time")]
    public static partial void StopLate(ILogger log);

    [LoggerMessage(6112, LogLevel.Error, "Cluster membership failed, it goes on in a second")]
    public static partial void AgentFailed(ILogger log, Exception error);

    [LoggerMessage(
        6114, LogLevel.Information, "This node is no member of cluster {Cluster} any more: it ends")]
    public static partial void HasLeft(ILogger log, ClusterId cluster);

    [LoggerMessage(6113, LogLevel.Information, "Node {Node} is {State}")]
    public static partial void Liveness(ILogger log, NodeId node, string state);

    [LoggerMessage(6115, LogLevel.Warning,
        "Member {Node} was silent for {Silence} and is given up by the rule")]
    public static partial void GivenUp(ILogger log, NodeId node, TimeSpan silence);

    [LoggerMessage(6116, LogLevel.Warning, "Silent member {Node} is not given up yet: {Reason}")]
    public static partial void NotGivenUp(ILogger log, NodeId node, string reason);

    [LoggerMessage(6117, LogLevel.Error, "Looking after silent members failed, it goes on in a second")]
    public static partial void ReplacementFailed(ILogger log, Exception error);

    [LoggerMessage(6118, LogLevel.Error, "A heartbeat to node {Node} failed by a defect, it goes on")]
    public static partial void HeartbeatFailed(ILogger log, NodeId node, Exception error);

    [LoggerMessage(
        6119, LogLevel.Error,
        "That the configuration is at epoch {Epoch} could not be kept, so this node does not act by it yet: "
        + "{Reason}")]
    public static partial void EpochNotKept(ILogger log, long epoch, string reason);
}
