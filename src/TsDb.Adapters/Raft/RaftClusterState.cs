using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Hosting;
using TsDb.Model;
using TsDb.Replication.Backup;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;
using TsDb.Storage.Ports;

namespace TsDb.Adapters.Raft;

/// <summary>
/// A node's part in the cluster: it founds or joins one, keeps its configuration by Raft, and answers on the
/// cluster port. It never ends by itself: without a majority there is no leader, and the configuration stays
/// as it is.
/// </summary>
public sealed class RaftClusterState : IClusterState, IAsyncDisposable
{
    private const long ClockEveryNanoseconds = 3_600_000_000_000;
    private static readonly TimeSpan TendEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RegisterWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly ClusterSettings _settings;
    private readonly CloudIdentity _identity;
    private readonly IDisk _disk;
    private readonly PeerLiveness _liveness;
    private readonly ClusterEnvironment _environment;
    private readonly ILogger _log;
    private readonly MembershipFiles _files;
    private readonly AppliedConfiguration _applied;
    private readonly ClusterDialer _dialer;
    private readonly AddressBook _addresses = new();
    private readonly MajorityContact _contact;
    private readonly ClusterListener _listener;
    private readonly ClusterDesk _desk;
    private readonly CancellationTokenSource _stop = new();
    private ClusterEntry? _entry;
    private RaftNode? _node;
    private RaftTransport? _transport;
    private Task _running = Task.CompletedTask;
    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _areFlagsCompared;
    private int _isDisposed;

    /// <summary>Reads what the data directory knows about clusters; nothing runs yet.</summary>
    public RaftClusterState(
        CloudIdentity identity, ClusterSettings settings, IDisk disk, PeerLiveness liveness,
        ClusterEnvironment environment)
    {
        (_identity, _settings, _disk, _liveness, _environment) =
            (identity, settings, disk, liveness, environment);
        _log = environment.Loggers.CreateLogger("TsDb.Cluster");
        _files = new MembershipFiles(disk);
        _applied = new AppliedConfiguration(disk, identity.Directory, _log);
        _contact = new MajorityContact(identity, liveness, environment.Clock);
        _dialer = new ClusterDialer(environment.Clock);
        _desk = new ClusterDesk(this);
        _listener = new ClusterListener(_desk, environment.Clock, _log);
    }

    /// <inheritdoc/>
    public event Action<ClusterConfiguration>? Changed;

    /// <inheritdoc/>
    public NodeId Self => _identity.Id;

    /// <inheritdoc/>
    /// <remarks>Not what was before this directory was admitted, as the log tells it at a start: the member
    /// of its name may have been another one, in whose place it would store and count. Nor what was before
    /// the epoch that this node acted by.</remarks>
    public ClusterConfiguration? Current => _applied.Current;

    /// <inheritdoc/>
    public string? Detached => _contact.Detached(_node, _applied.Latest);

    /// <summary>The configuration, and a place in the cluster's log up to which it is applied for
    /// certain.</summary>
    public (ClusterConfiguration? Configuration, long LogIndex) Applied()
    {
        long index = _node?.AppliedIndex ?? 0;
        return (_applied.Latest, index);
    }

    /// <summary>The leader of the configuration as far as this node knows; null for none.</summary>
    public NodeId? Leader => _node?.Leader is { } directory
        ? _applied.Latest?.Members.FirstOrDefault(m => m.DirectoryId == directory)?.Id
        : null;

    /// <summary>What this node waits for before it belongs to a cluster; null once it does.</summary>
    public string? WaitingFor => _entry?.WaitingFor;

    /// <summary>host:port that the other nodes use for the cluster port; null before the start.</summary>
    public string? Endpoint => SelfMember?.ClusterAddress;

    /// <summary>
    /// Ends when this node is no member any more, fails if it cannot follow the cluster: the process should
    /// end then.
    /// </summary>
    public Task Failure => _failure.Task;

    /// <summary>Takes over connections of members' questions; false if it cannot. Set before the start.
    /// </summary>
    public Func<NetworkStream, bool>? OnQuestions { get; set; }

    internal CloudIdentity Identity => _identity;

    internal ClusterSettings Settings => _settings;

    // Also before this node belongs to it.
    internal ClusterConfiguration? Latest => _applied.Latest;

    internal MembershipFiles Files => _files;

    internal AddressBook Addresses => _addresses;

    internal RaftNode? Node => _node;

    internal RaftTransport? Transport => _transport;

    internal ClusterEntry? Entry => _entry;

    internal IAuthorizer Authorizer => _environment.Authorizer;

    internal Member? SelfMember { get; private set; }

    /// <summary>Binds the cluster port. Throws SocketException when it is taken.</summary>
    public IPEndPoint Bind(ListenAddress wanted) => _listener.Bind(wanted.EndPoint);

    /// <summary>
    /// Begins to take part, under the addresses that the others shall use. Returns at once when the node has
    /// to wait for others; a cluster of one is there when this returns.
    /// </summary>
    public async Task StartAsync(Member self, CancellationToken ct)
    {
        SelfMember = self;
        _addresses.Note(self.DirectoryId, self.ClusterAddress);
        RestoredNode? restored = RestoredNode.Read(_disk);
        bool isAlone = _settings.Seeds.IsEmpty && _files.Membership is null;
        if (isAlone && restored?.Configuration.Members.Length is > 1 and var count)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"this directory was restored from a backup of a cluster of {count} nodes: restore the "
                + "others too, and start each with --seeds that name all of them");
        }

        _entry = new ClusterEntry(self, _settings, restored, _files, _environment, _dialer);
        _listener.Start();
        _running = RunAsync(self);
        bool isFoundHere = _settings.Seeds.IsEmpty && _files.Membership is not { Members.Length: > 1 };
        while (isFoundHere && !IsUpToDate) await Task.Delay(LookEvery, _environment.Clock, ct);
    }

    // Alone, no other member would tell of the edges and erasures that the rest of the log holds.
    private bool IsUpToDate =>
        _applied.Latest is { } now && (now.Members.Length > 1 || _node?.IsReplayed == true);

    /// <inheritdoc/>
    public bool IsLive(NodeId node) => node == Self || _liveness.IsLive(node);

    /// <inheritdoc/>
    public async Task RegisterAsync(EdgeId edge, Incarnation incarnation, CancellationToken ct)
    {
        bool IsKnown() => Latest?.Edges.GetValueOrDefault(edge)?.Incarnations.Contains(incarnation) == true;
        if (!IsKnown()) await ChangeAsync(new ClusterCommand.RegisterEdge(edge, incarnation), IsKnown, ct);
    }

    /// <inheritdoc/>
    public Task ChangeAsync(
        ClusterCommand command, Func<ClusterConfiguration, bool> isApplied, CancellationToken ct) =>
        ChangeAsync(command, () => _applied.Latest is { } current && isApplied(current), ct);

    /// <summary>The present by the median of the members' clocks, in nanoseconds since 1970.</summary>
    public long ClockNanoseconds =>
        (_liveness.MedianClock((_applied.Latest?.Members ?? []).Select(m => m.Id).Where(m => m != Self))
            - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>
    /// Has the leader put a command into the log and returns once <paramref name="isApplied"/> holds here.
    /// Throws <see cref="ErrorKind.Unavailable"/> if that takes too long: it may still be applied later.
    /// </summary>
    public async Task ChangeAsync(ClusterCommand command, Func<bool> isApplied, CancellationToken ct)
    {
        DateTimeOffset deadline = _environment.Clock.GetUtcNow() + RegisterWithin;
        string reason = "no leader";
        while (_environment.Clock.GetUtcNow() < deadline)
        {
            try
            {
                await SendAsync(command, ct);
                while (!isApplied() && _environment.Clock.GetUtcNow() < deadline)
                    await Task.Delay(LookEvery, _environment.Clock, ct);
                if (isApplied()) return;
            }
            catch (TsDbException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.Closed)
            {
                reason = e.Message;
                await Task.Delay(LookEvery * 10, _environment.Clock, ct);
            }
        }

        throw new TsDbException(
            ErrorKind.Unavailable, $"the cluster's configuration cannot change now: {reason}")
        {
            RetryAfter = RetryAfter,
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        await _stop.CancelAsync();
        await _running;
        await _listener.DisposeAsync();
        if (_node is { } node) await node.DisposeAsync();
        _stop.Dispose();
    }

    internal ClusterPreface PrefaceFor(ClusterPurpose purpose) => new(
        purpose, _files.Membership?.Cluster ?? default,
            _identity.Directory, SelfMember?.ClusterAddress ?? "");

    /// <summary>Puts a command into the log here, or has the leader do it.</summary>
    internal async Task SendAsync(ClusterCommand command, CancellationToken ct)
    {
        RequireKnown(command);
        if (_node is not { } node)
            throw new TsDbException(ErrorKind.Unavailable, "this node is not in a cluster yet");
        if (node.IsLeader) await node.ProposeAsync(command, ct);
        else _ = await AskLeaderAsync<TalkReply.Done>(new TalkRequest.Propose(command), ct);
    }

    /// <summary>
    /// Throws Conflict if there are members that would have to stop at a command, because they run an older
    /// program, or may do so.
    /// </summary>
    internal void RequireKnown(ClusterCommand command)
    {
        byte known = _applied.Latest is { } current ? ClusterCodec.VersionOf(current) : ClusterCodec.Version;
        if (ClusterCodec.VersionOf(command) <= known) return;
        NodeId[] older =
        [
            .. _applied.Latest!.Members.Select(member => member.Id)
                .Where(node => node != Self && _liveness.VersionOf(node) < NodeProtocol.Configuration5),
        ];
        if (older.Length == 0) return;
        throw new TsDbException(
            ErrorKind.Conflict,
            $"not every member is known to understand this: start {string.Join(", ", older)} with this "
            + "program first");
    }

    /// <summary>Asks the leader. Throws Unavailable if there is none.</summary>
    internal async Task<T> AskLeaderAsync<T>(TalkRequest request, CancellationToken ct)
        where T : TalkReply
    {
        if (_node?.Leader is not { } leader || leader == _identity.Directory
            || _addresses.Find(leader) is not { } address)
            throw new TsDbException(ErrorKind.Unavailable, "the cluster has no leader now");
        return await _dialer.AskAsync<T>(address, PrefaceFor(ClusterPurpose.Talk), request, ct);
    }

    private async Task RunAsync(Member self)
    {
        CancellationToken ct = _stop.Token;
        using PeriodicTimer timer = new(TendEvery, _environment.Clock);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                MembershipRecord membership = await _entry!.EnterAsync(ct);
                if (_node is null) await TakePartAsync(membership, ct);
                await TendAsync(self, membership, ct);
                await timer.WaitForNextTickAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.AgentFailed(_log, e);
                await Task.Delay(TimeSpan.FromSeconds(1), _environment.Clock, CancellationToken.None);
            }
        }
    }

    private async Task TakePartAsync(MembershipRecord membership, CancellationToken ct)
    {
        foreach (Member member in membership.Members)
        {
            if (_addresses.Find(member.DirectoryId) is null)
                _addresses.Note(member.DirectoryId, member.ClusterAddress);
        }

        RaftTransport transport = new(
            PrefaceFor(ClusterPurpose.Raft), _addresses, RaftNode.AnswerWithin, _environment.Clock);
        RaftNode node = new(
            _disk, _identity.Directory, transport, TakeApplied, _environment.Clock, _environment.Loggers);
        _transport = transport;
        await node.StartAsync(ct);
        _node = node;
    }

    // What has to be looked after again and again, whoever leads.
    private async Task TendAsync(Member self, MembershipRecord membership, CancellationToken ct)
    {
        RaftNode node = _node!;
        ClusterConfiguration? current = _applied.Latest;
        if (_applied.TryAgain()) Changed?.Invoke(Current!);
        try
        {
            if (current is null)
            {
                if (node.IsLeader && membership.Plan is { } plan)
                    await node.ProposeAsync(new ClusterCommand.Found(plan.ToConfiguration()), ct);
                return;
            }

            if (node.IsLeader && ClockNanoseconds - current.ClockNanoseconds >= ClockEveryNanoseconds)
                await node.ProposeAsync(new ClusterCommand.AdvanceClock(ClockNanoseconds), ct);

            if (node.Failure.IsFaulted) _failure.TrySetException(node.Failure.Exception!.InnerExceptions);
            Compare(current);
            if (current.IsRemoved(self.DirectoryId)
                || await _contact.IsRemovedAsync(node, current, _entry!, ct))
            {
                // What it had, others have, or it was given up: either way it is of no use here any more.
                Log.HasLeft(_log, current.Id);
                _failure.TrySetResult();
                return;
            }

            if (!current.Members.Any(self.IsSameAs))
                await AnnounceAsync(self, current, ct);
            await node.AlignVotersAsync(current, ct);
        }
        catch (TsDbException e) when (
            e.Kind is ErrorKind.Unavailable or ErrorKind.Conflict or ErrorKind.Invalid)
        {
            Log.JoinFailed(_log, e.Message);
        }
    }

    private async Task AnnounceAsync(Member self, ClusterConfiguration current, CancellationToken ct)
    {
        TalkRequest.Join join = new(self, _entry!.Process, false);
        if (_node!.IsLeader || _node.Leader is not null)
        {
            _ = await _desk.AnswerAsync(join, ct);
            return;
        }

        // Nobody reaches this node at its old address, so it hears of no leader: any member will pass it on.
        foreach (Member other in current.Members.Where(m => m.DirectoryId != self.DirectoryId))
        {
            try
            {
                _ = await _dialer.AskAsync<TalkReply.Joined>(
                    other.ClusterAddress, PrefaceFor(ClusterPurpose.Talk), join, ct);
                return;
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.Unavailable)
            {
                Log.JoinFailed(_log, e.Message);
            }
        }
    }

    // What a cluster was founded with stays; other values do nothing, which is said.
    private void Compare(ClusterConfiguration current)
    {
        if (_areFlagsCompared) return;
        _areFlagsCompared = true;
        if (_settings.ReplicationFactor != current.ReplicationFactor)
            Log.FlagDiffers(_log, "--replication", current.ReplicationFactor);
        if (_settings.WriteQuorumAsked != current.WriteQuorumAsked)
            Log.FlagDiffers(_log, "--write-quorum", current.WriteQuorumAsked);
    }

    private void TakeApplied(ClusterConfiguration configuration)
    {
        foreach (Member member in configuration.Members)
            _addresses.Note(member.DirectoryId, member.ClusterAddress);
        if (_applied.TryTake(configuration)) Changed?.Invoke(configuration);
    }
}
