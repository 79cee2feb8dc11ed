using System.Buffers;
using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using TsDb.Replication.Cluster;

namespace TsDb.Adapters.Raft;

/// <summary>Applies the engine's log to the cluster's configuration and keeps snapshots of it.</summary>
internal sealed class ConfigurationMachine(DirectoryInfo snapshots, Action<ClusterConfiguration> changed)
    : SimpleStateMachine(snapshots)
{
    private const int CommandsPerSnapshot = 256;

    private volatile ClusterConfiguration? _current;
    private int _sinceSnapshot;

    /// <summary>The configuration applied last; null before the founding entry.</summary>
    public ClusterConfiguration? Current => _current;

    /// <inheritdoc/>
    protected override ValueTask<bool> ApplyAsync(LogEntry entry, CancellationToken token)
    {
        if (!entry.TryGetPayload(out ReadOnlySequence<byte> payload)
            || !ClusterCodec.TryDecode(
                payload.ToArray(), out ClusterCommand? command)) return ValueTask.FromResult(false);
        ClusterConfiguration? next = ClusterStateMachine.Apply(_current, command!);
        if (next is not null && !ReferenceEquals(next, _current))
        {
            _current = next;
            changed(next);
        }

        bool snapshot = ++_sinceSnapshot >= CommandsPerSnapshot && next is not null;
        if (snapshot) _sinceSnapshot = 0;
        return ValueTask.FromResult(snapshot);
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
}
