using Microsoft.Extensions.Logging;
using TsDb.Replication.Cluster;
using TsDb.Storage.Ports;

namespace TsDb.Adapters.Raft;

/// <summary>
/// The configuration as this node's log tells it, and what of it the node acts by: nothing of before its
/// directory was admitted, and nothing that is older than what it acted by before a restart. Safe to call
/// from many threads.
/// </summary>
internal sealed class AppliedConfiguration(IDisk disk, Guid directory, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly ActingConfiguration _acting = ActingConfiguration.Open(disk);
    private volatile ClusterConfiguration? _latest;
    private bool _wasMember;

    /// <summary>The last one applied.</summary>
    public ClusterConfiguration? Latest => _latest;

    /// <summary>The last one that the node acts by.</summary>
    public ClusterConfiguration? Current => _acting.Current;

    /// <summary>Takes what was applied; true if the node acts by it now.</summary>
    public bool TryTake(ClusterConfiguration applied)
    {
        lock (_gate)
        {
            if (_latest?.Epoch != applied.Epoch)
                Log.Configured(log, applied.Epoch.Value, applied.Members.Length);
            _latest = applied;
            _wasMember |= applied.Members.Any(member => member.DirectoryId == directory);
            return TryAct();
        }
    }

    /// <summary>Tries once more to act by the last one, if the disk failed; true if the node does now.
    /// </summary>
    public bool TryAgain()
    {
        lock (_gate) return TryAct();
    }

    private bool TryAct()
    {
        if (!_wasMember || _latest is not { } latest) return false;
        try
        {
            return _acting.TryTake(latest);
        }
        catch (IOException e)
        {
            Log.EpochNotKept(log, latest.Epoch.Value, e.Message);
            return false;
        }
    }
}
