using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Repair;

namespace TsDb.Adapters.Raft;

/// <summary>
/// Gives up a silent member by the cluster's rule: every node watches, the leader acts, and the command
/// itself counts only in the configuration that the leader decided upon.
/// </summary>
public sealed class ReplacementLoop(
    RaftClusterState cluster, ShardSurvey survey, TimeProvider clock, ILoggerFactory loggers)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ILogger _log = loggers.CreateLogger("TsDb.Cluster");
    private readonly ReplacementWatch _watch = new();
    private readonly long _start = clock.GetTimestamp();
    private string? _waitsFor;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using PeriodicTimer timer = new(LookEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                if (cluster.Current is not { } current) continue;
                await LookAsync(current, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The node ends.
        }
    }

    private async Task LookAsync(ClusterConfiguration current, CancellationToken ct)
    {
        try
        {
            Member? due = _watch.Due(current, cluster.IsLive, clock.GetElapsedTime(_start));
            if (cluster.Leader != cluster.Self) return;
            if (due is not null) await GiveUpAsync(due, current, ct);
            else if (_watch.HeldUp is { } held) Wait(held.Member, held.Reason);
            else _waitsFor = null;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            Log.ReplacementFailed(_log, e);
        }
    }

    private async Task GiveUpAsync(Member due, ClusterConfiguration current, CancellationToken ct)
    {
        try
        {
            ImmutableArray<ShardState> shards = await survey.AskAsync(current, ct);
            if (cluster.IsLive(due.Id)) return;
            if (!ReplacementWatch.AreWholeWithout(due.Id, shards))
            {
                Wait(due, "other owners do not say that they are whole");
                return;
            }

            await cluster.ChangeAsync(
                new ClusterCommand.GiveUp(due.DirectoryId, current.Epoch),
                now => now.Epoch != current.Epoch,
                ct);
            Log.GivenUp(_log, due.Id, current.ReplaceAfter ?? default);
            _waitsFor = null;
        }
        catch (Exception e) when (e is TsDbException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // A second later it is tried again, if it still is to be.
            Wait(due, e.Message);
        }
    }

    // Said once, not each second.
    private void Wait(Member due, string reason)
    {
        if (_waitsFor != reason) Log.NotGivenUp(_log, due.Id, reason);
        _waitsFor = reason;
    }
}
