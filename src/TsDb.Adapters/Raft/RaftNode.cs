using System.Net;
using DotNext.Net.Cluster;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Storage.Ports;

namespace TsDb.Adapters.Raft;

/// <summary>
/// The consensus engine of one process: DotNext's Raft with its log and snapshots on disk. Foreign types stop
/// here and in the neighbours that implement the engine's interfaces.
/// </summary>
internal sealed class RaftNode : IAsyncDisposable
{
    /// <summary>Shortest and longest silence of a leader before a follower wants to follow it.</summary>
    private const int ElectionMillisecondsMin = 750;
    private const int ElectionMillisecondsMax = 1_500;

    private static readonly TimeSpan AddWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(4);

    private readonly ConfigurationMachine _machine;
    private readonly WriteAheadLog _wal;
    private readonly RaftCluster _raft;
    private readonly Guid _self;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;

    private long _lastAtStart = long.MaxValue;

    public RaftNode(
        IDisk disk, Guid self, RaftTransport transport, Action<ClusterConfiguration> changed,
        TimeProvider clock, ILoggerFactory loggers)
    {
        (_self, _clock) = (self, clock);
        _log = loggers.CreateLogger("TsDb.Cluster");
        Members = new MemberStorage(disk, MembersPath);
        _machine = new ConfigurationMachine(new DirectoryInfo(disk.FullPath("raft/snapshots")), changed);
        _wal = new WriteAheadLog(
            new WriteAheadLog.Options
            {
                Location = disk.FullPath("raft/log"),
                HashAlgorithm = WriteAheadLog.IntegrityHashAlgorithm.XxHash3,
            },
            _machine);
        EndPoint name = AddressBook.EndPointOf(self);
        RaftCluster.CustomTransportConfiguration configuration = new(name, transport, transport)
        {
            ConfigurationStorage = Members,
            PublicEndPoint = name,
            ColdStart = false,
            LowerElectionTimeout = ElectionMillisecondsMin,
            UpperElectionTimeout = ElectionMillisecondsMax,
            ConnectTimeout = AnswerWithin,
            RequestTimeout = AnswerWithin,
            LoggerFactory = loggers,
        };
        _raft = new RaftCluster(configuration) { AuditTrail = _wal };
        _raft.LeaderChanged += (_, leader) => Log.LeaderIs(
            _log, leader is null ? "none" : AddressBook.DirectoryOf(leader.EndPoint).ToString("N"));
    }

    /// <summary>Where the voters are kept.</summary>
    public static string MembersPath => "raft/voters";

    /// <summary>How long the engine waits for a peer's answer.</summary>
    public static TimeSpan AnswerWithin { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The voters on disk.</summary>
    public MemberStorage Members { get; }

    /// <summary>True while this node leads.</summary>
    public bool IsLeader => !_raft.LeadershipToken.IsCancellationRequested;

    /// <summary>The leader's data directory; null when there is none.</summary>
    public Guid? Leader => _raft.Leader is { } leader ? AddressBook.DirectoryOf(leader.EndPoint) : null;

    /// <summary>The place in the log of what is applied here.</summary>
    public long AppliedIndex => _wal.LastAppliedIndex;

    /// <summary>True once all is applied that was in the log at the start, or <see cref="Failure"/> says that
    /// it will not be.</summary>
    public bool IsReplayed => Failure.IsCompleted || AppliedIndex >= Interlocked.Read(ref _lastAtStart);

    /// <summary>Fails when the log holds what this node cannot apply.</summary>
    public Task Failure => _machine.Failure;

    /// <summary>The configuration applied last.</summary>
    public ClusterConfiguration? Current => _machine.Current;

    /// <summary>Restores the configuration from disk and begins to take part.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        await _machine.RestoreAsync(ct);

        // The engine opens the log itself, after it knows where voters are kept: entries about voters that
        // are replayed before that would pass by.
        await _raft.StartAsync(ct);
        Interlocked.Exchange(ref _lastAtStart, _wal.LastEntryIndex);
    }

    /// <summary>
    /// Puts a command into the log and returns when it is applied here. Throws Unavailable if this node does
    /// not lead, or ceases to before the command is applied: then it may or may not be in the log.
    /// </summary>
    public async Task ProposeAsync(ClusterCommand command, CancellationToken ct)
    {
        try
        {
            await _raft.ReplicateAsync(ClusterCodec.Encode(command), null, ct);
        }
        catch (Exception e) when (e is NotLeaderException or InvalidOperationException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new TsDbException(ErrorKind.Unavailable, "this node does not lead the cluster", e);
        }
    }

    /// <summary>
    /// Makes the voters equal to the configured members, one at a time; does nothing unless this node leads.
    /// </summary>
    public async Task AlignVotersAsync(ClusterConfiguration configuration, CancellationToken ct)
    {
        if (!IsLeader) return;
        HashSet<Guid> voters = [.. _raft.Members.Select(m => AddressBook.DirectoryOf(m.EndPoint))];
        Guid[] missing =
            [.. configuration.Members.Select(m => m.DirectoryId).Where(d => !voters.Contains(d))];
        Guid[] extra =
            [.. voters.Where(v => v != _self && configuration.Members.All(m => m.DirectoryId != v))];
        try
        {
            // Dead ones go first: they count against the majority that the next change needs.
            foreach (Guid gone in extra.Order()) await ChangeAsync(gone, _raft.RemoveMemberAsync, ct);
            foreach (Guid added in missing.Order()) await ChangeAsync(added, _raft.AddMemberAsync, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested && e is RaftProtocolException
            or OperationCanceledException or InvalidOperationException or IOException)
        {
            Log.VotersFailed(_log, e.Message);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync().WaitAsync(StopWithin, _clock);
        }
        catch (TimeoutException)
        {
            Log.StopLate(_log);
        }
    }

    private async Task StopAsync()
    {
        // A leader that says goodbye spares the others the wait for its silence.
        if (IsLeader && _raft.Members.Count > 1) _ =
            await ((ICluster)_raft).ResignAsync(CancellationToken.None);
        await _raft.StopAsync(CancellationToken.None);
        await _raft.DisposeAsync();
        await _wal.DisposeAsync();
        await _machine.DisposeAsync();
        Members.Dispose();
    }

    private async Task ChangeAsync(
        Guid directory, Func<EndPoint, CancellationToken, Task<bool>> change, CancellationToken ct)
    {
        using CancellationTokenSource timer = new(AddWithin, _clock);
        using CancellationTokenSource patience =
            CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        if (!await change(AddressBook.EndPointOf(directory), patience.Token))
            Log.VotersFailed(_log, $"member {directory:N} does not catch up");
    }
}
