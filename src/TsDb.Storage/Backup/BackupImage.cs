using TsDb.Storage.Ports;

namespace TsDb.Storage.Backup;

/// <summary>
/// Everything that makes a node's data directory anew, as of one moment. Its files stay in place until the
/// image is disposed of, whatever the node does meanwhile.
/// </summary>
/// <param name="kind">The kind of node.</param>
/// <param name="id">The node's id.</param>
/// <param name="disk">Its data directory.</param>
/// <param name="lease">What keeps the files in place.</param>
public sealed class BackupImage(BackupKind kind, string id, IDisk disk, IDisposable lease) : IDisposable
{
    /// <summary>The kind of node.</summary>
    public BackupKind Kind => kind;

    /// <summary>The node's id.</summary>
    public string Id => id;

    /// <summary>Where files lie whose bytes the items do not have.</summary>
    public IDisk Disk => disk;

    /// <summary>The files, each path once.</summary>
    public required IReadOnlyList<BackupItem> Items { get; init; }

    /// <summary>Files that are known to be missing.</summary>
    public IReadOnlyList<BackupGap> Gaps { get; init; } = [];

    /// <inheritdoc/>
    public void Dispose() => lease.Dispose();
}
