using Microsoft.Extensions.Logging;
using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>Log messages of receiving and storing.</summary>
internal static partial class Log
{
    [LoggerMessage(
        4101, LogLevel.Warning, "{Leaves} leaves in {Path} are lost and have to be fetched again: {Reason}")]
    public static partial void LeafLost(ILogger log, int leaves, string path, string reason);

    [LoggerMessage(4102, LogLevel.Error, "Leaf {Leaf} could not be stored")]
    public static partial void StoreFailed(ILogger log, Leaf leaf, Exception error);

    [LoggerMessage(
        4103, LogLevel.Error, "The catalog of leaves is damaged and was set aside: this node recovers")]
    public static partial void CatalogDamaged(ILogger log, Exception error);

    [LoggerMessage(
        4153, LogLevel.Error,
        "The catalog of leaves in {Path} is missing: this node recovers; its segments stay where they are")]
    public static partial void CatalogMissing(ILogger log, string path);

    [LoggerMessage(4104, LogLevel.Error, "The catalog of leaves could not be written")]
    public static partial void CatalogFailed(ILogger log, Exception error);

    [LoggerMessage(4105, LogLevel.Debug, "Node {Node} was not heard in a repair: {Reason}")]
    public static partial void PeerNotHeard(ILogger log, NodeId node, string reason);

    [LoggerMessage(4106, LogLevel.Warning, "Leaf {Leaf} could not be fetched from {Node}: {Reason}")]
    public static partial void LeafNotFetched(ILogger log, Leaf leaf, NodeId node, string reason);

    [LoggerMessage(4107, LogLevel.Warning, "Leaf {Leaf} was not kept ({Outcome}): {Reason}")]
    public static partial void LeafNotKept(ILogger log, Leaf leaf, ReceiveOutcome outcome, string reason);

    [LoggerMessage(4108, LogLevel.Warning, "A message on {Topic} from broker {Broker} was ignored: {Reason}")]
    public static partial void MessageIgnored(ILogger log, string topic, string broker, string reason);

    [LoggerMessage(
        4109, LogLevel.Warning, "Edge {Edge} incarnation {Incarnation} could not be registered: {Reason}")]
    public static partial void NotRegistered(
        ILogger log, EdgeId edge, Incarnation incarnation, string reason);

    [LoggerMessage(4110, LogLevel.Information, "Repair fetched {Fetched} leaves; {Missing} could not be got")]
    public static partial void Repaired(ILogger log, int fetched, int missing);

    [LoggerMessage(EventId = 4111, Message = "Edge {Edge}: {Verdict} {Reason}")]
    public static partial void EdgeGreeted(
        ILogger log, LogLevel level, EdgeId edge, HelloVerdict verdict, string reason);

    [LoggerMessage(4112, LogLevel.Error, "The receiver stopped")]
    public static partial void ReceiverFailed(ILogger log, Exception error);

    [LoggerMessage(4155, LogLevel.Warning, "Shipments are not taken, edges keep them: {Reason}")]
    public static partial void DiskFull(ILogger log, string reason);

    [LoggerMessage(4156, LogLevel.Information, "The disk has room again: shipments are taken")]
    public static partial void DiskHasRoom(ILogger log);

    [LoggerMessage(4113, LogLevel.Warning, "A round of repair failed")]
    public static partial void RepairFailed(ILogger log, Exception error);

    [LoggerMessage(4140, LogLevel.Information,
        "Has all of {Count} shards that moved here")]
    public static partial void ShardsArrived(ILogger log, int count);

    [LoggerMessage(4141, LogLevel.Information,
        "Retention took {Count} cells of a table, edge and day")]
    public static partial void CellsExpired(ILogger log, int count);

    [LoggerMessage(4142, LogLevel.Information,
        "Dropped {Count} leaves of {Shard}, which its owners have")]
    public static partial void LeavesGivenAway(ILogger log, int count, ShardId shard);

    [LoggerMessage(
        4144, LogLevel.Information, "Leaf {Leaf}, which was lost here, is not missed any more: {Rule}")]
    public static partial void LostForgotten(ILogger log, Leaf leaf, string rule);

    [LoggerMessage(4145, LogLevel.Warning, "The damaged file {Path} could not be set aside: {Reason}")]
    public static partial void NotSetAside(ILogger log, string path, string reason);

    [LoggerMessage(4146, LogLevel.Warning, "{Path}, which nobody needs, could not be removed: {Reason}")]
    public static partial void NotDeleted(ILogger log, string path, string reason);

    [LoggerMessage(
        4147, LogLevel.Debug, "{Cell}: {Files} files, {Leaves} leaves are one of {Rows} rows, {Bytes} bytes")]
    public static partial void Merged(ILogger log, Cell cell, int files, int leaves, long rows, long bytes);

    [LoggerMessage(4148, LogLevel.Warning, "Files of {Cell} could not be merged: {Reason}")]
    public static partial void NotMerged(ILogger log, Cell cell, string reason);

    [LoggerMessage(
        4150, LogLevel.Information, "{Path} was written anew without {Erased} erased rows; {Rows} are left")]
    public static partial void Purged(ILogger log, string path, long erased, long rows);

    [LoggerMessage(4151, LogLevel.Warning, "Erased rows of {Path} could not be removed: {Reason}")]
    public static partial void NotPurged(ILogger log, string path, string reason);

    [LoggerMessage(4152, LogLevel.Warning, "Removing erased rows waits: {Reason}")]
    public static partial void PurgingDelayed(ILogger log, string reason);

    [LoggerMessage(4149, LogLevel.Debug, "Merging waits: {Reason}")]
    public static partial void MergingDelayed(ILogger log, string reason);

    [LoggerMessage(4154, LogLevel.Warning,
        "{Count} shards are not kept waiting for {Node}, which is silent and had them before")]
    public static partial void ShardsHandedOverWithout(ILogger log, int count, NodeId node);

    [LoggerMessage(4143, LogLevel.Debug, "Moving shards waits: {Reason}")]
    public static partial void MoveDelayed(ILogger log, string reason);

    [LoggerMessage(
        4114, LogLevel.Information, "A bundle of {Leaves} shipments of edge {Edge} was not opened: {Reason}")]
    public static partial void BundleNotOpened(ILogger log, int leaves, EdgeId edge, string reason);
}
