using System.Buffers.Binary;
using System.Net;
using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft.Membership;
using TsDb.Storage.Ports;

namespace TsDb.Adapters.Raft;

/// <summary>
/// The consensus engine's voters on disk: version as int64 little-endian, then a <see cref="MemberSet"/>. The
/// engine's own storage goes through the system's folder for temporary files, which may be another file
/// system.
/// </summary>
internal sealed class MemberStorage(IDisk disk, string path) : IClusterConfigurationStorage<EndPoint>
{
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <inheritdoc/>
    public event Func<IClusterConfiguration<EndPoint>, CancellationToken, ValueTask>? ConfigurationChanged;

    /// <summary>True if there is a set already.</summary>
    public bool Exists => disk.Exists(path);

    /// <summary>Writes the voters a cluster is founded with.</summary>
    public void Found(MemberSet members) => Write(members, 0);

    /// <inheritdoc/>
    public async ValueTask<bool> SaveConfigurationAsync<TConfiguration>(
        TConfiguration configuration, long configurationVersion, CancellationToken token = default)
        where TConfiguration : IDataTransferObject
    {
        MemberSet members = MemberSet.Decode(await configuration.ToByteArrayAsync(token: token));
        await _gate.WaitAsync(token);
        try
        {
            if (Exists && configurationVersion <= Read().Version) return false;
            Write(members, configurationVersion);
            if (ConfigurationChanged is { } changed) await changed(members, token);
            return true;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    async ValueTask<(IDataTransferObject Configuration, long Version)> IClusterConfigurationStorage
        .LoadConfigurationAsync(CancellationToken token)
    {
        (MemberSet members, long version) = await LoadAsync(token);
        return (members, version);
    }

    /// <inheritdoc/>
    public async ValueTask<IClusterConfiguration<EndPoint>> LoadConfigurationAsync(
        CancellationToken token = default) => (await LoadAsync(token)).Members;

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async ValueTask<(MemberSet Members, long Version)> LoadAsync(CancellationToken token)
    {
        await _gate.WaitAsync(token);
        try
        {
            return Read();
        }
        finally
        {
            _gate.Release();
        }
    }

    private (MemberSet Members, long Version) Read() => DurableFile.Read(disk, path) is { Length: >= 8 } bytes
        ? (MemberSet.Decode(bytes.AsSpan(8)), BinaryPrimitives.ReadInt64LittleEndian(bytes))
        : (new MemberSet([]), 0);

    private void Write(MemberSet members, long version)
    {
        byte[] bytes = new byte[8 + members.Bytes.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, version);
        members.Bytes.CopyTo(bytes.AsMemory(8));
        DurableFile.Write(disk, path, bytes);
    }
}
