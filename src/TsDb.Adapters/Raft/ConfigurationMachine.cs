using System.Buffers;
using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Adapters.Raft;

/// <summary>Applies the engine's log to the cluster's configuration and keeps snapshots of it.</summary>
internal sealed class ConfigurationMachine(DirectoryInfo snapshots, Action<ClusterConfiguration> changed)
    : SimpleStateMachine(snapshots)
{
    private const int CommandsPerSnapshot = 256;

    private volatile ClusterConfiguration? _current;
    private int _sinceSnapshot;

    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Fails when an entry cannot be applied: this node must not go on as if it had been.</summary>
    public Task Failure => _failure.Task;

    /// <summary>The configuration applied last; null before the founding entry.</summary>
    public ClusterConfiguration? Current => _current;

    /// <inheritdoc/>
    protected override ValueTask<bool> ApplyAsync(LogEntry entry, CancellationToken token)
    {
        try
        {
            return ValueTask.FromResult(
                entry.TryGetPayload(out ReadOnlySequence<byte> payload)
                && ClusterCodec.TryDecode(payload.ToArray(), out ClusterCommand? command)
                && Apply(command!));
        }
        catch (TsDbException e)
        {
            _failure.TrySetException(e);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask RestoreAsync(FileInfo snapshotFile, CancellationToken token)
    {
        ClusterConfiguration restored =
            ClusterCodec.DecodeConfiguration(await File.ReadAllBytesAsync(snapshotFile.FullName, token));
        _current = restored;
        changed(restored);
    }

    /// <inheritdoc/>
    protected override ValueTask PersistAsync(IAsyncBinaryWriter writer, CancellationToken token) =>
        writer.Invoke(ClusterCodec.Encode(_current!), token);

    private bool Apply(ClusterCommand command)
    {
        ClusterConfiguration? next = ClusterStateMachine.Apply(_current, command);
        if (next is not null && !ReferenceEquals(next, _current))
        {
            _current = next;
            changed(next);
        }

        if (++_sinceSnapshot < CommandsPerSnapshot || next is null) return false;
        _sinceSnapshot = 0;
        return true;
    }
}
