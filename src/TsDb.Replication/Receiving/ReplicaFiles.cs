using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Replication.Receiving;

/// <summary>The segment files of a cloud node: written so that a name always means whole bytes.</summary>
internal sealed class ReplicaFiles(IDisk disk, ILogger log)
{
    private const string TemporarySuffix = ".tmp";
    private const string DamagedSuffix = ".damaged";
    private const int ReadBytesLength = 1 << 20;

    // Folders whose own name is known to be on disk: a new one needs its parents synced too.
    private readonly HashSet<string> _settledFolders = new(StringComparer.Ordinal);

    /// <summary>Writes the bytes under their temporary name and syncs them.</summary>
    public void Write(VerifiedLeaf leaf)
    {
        string temporary = leaf.Path + TemporarySuffix;
        disk.Delete(temporary);
        try
        {
            using IDiskFile file = disk.Create(temporary);
            file.Append(leaf.Content.Span);
            file.Sync();
        }
        catch (IOException)
        {
            disk.Delete(temporary);
            throw;
        }
    }

    /// <summary>Gives written files their names and makes the names survive a crash.</summary>
    public void Settle(IReadOnlyList<VerifiedLeaf> leaves)
    {
        SortedSet<string> folders = new(StringComparer.Ordinal);
        foreach (VerifiedLeaf leaf in leaves)
        {
            string path = leaf.Path;
            disk.Rename(path + TemporarySuffix, path);
            folders.Add(path[..path.LastIndexOf('/')]);
        }

        foreach (string folder in folders)
        {
            disk.SyncDirectory(folder);
            string child = folder;
            while (child.Length > 0 && !_settledFolders.Contains(child))
            {
                string parent = child.LastIndexOf('/') is var at and >= 0 ? child[..at] : "";
                disk.SyncDirectory(parent);
                _settledFolders.Add(child);
                child = parent;
            }
        }
    }

    /// <summary>
    /// The files of a version that are not there, and the paths that are there and not of the version.
    /// Removes what a crash left under a temporary name.
    /// </summary>
    public (List<StoredFile> Absent, IReadOnlyCollection<string> Unnamed) Survey(ReplicaVersion version)
    {
        HashSet<string> present = new(StringComparer.Ordinal);
        List<StoredFile> absent = [];
        foreach (string path in disk.List(SegmentFolder.Root))
        {
            if (path.EndsWith(TemporarySuffix, StringComparison.Ordinal)) disk.Delete(path);
            else present.Add(path);
        }

        foreach (StoredFile file in version.Files)
        {
            if (!present.Remove(file.Path)) absent.Add(file);
        }

        return (absent, present);
    }

    /// <summary>
    /// Removes of these files, which the version does not name, those whose ordinals it has, each of them:
    /// those that were merged, and those of a merge that came to nothing. A file with a number that is not
    /// here stays: it may be all there is.
    /// </summary>
    public void DeleteCovered(IReadOnlyCollection<string> unnamed, ReplicaVersion version)
    {
        if (unnamed.Count == 0) return;
        Dictionary<string, CellLeaves> cells = version.Cells.ToDictionary(
            cell => SegmentFolder.Of(cell.Cell), StringComparer.Ordinal);
        foreach (string path in unnamed)
        {
            int slash = path.LastIndexOf('/');
            if (!cells.TryGetValue(path[..slash], out CellLeaves? cell)) continue;
            if (StoredFile.ReadName(path[(slash + 1)..]) is not { } name) continue;
            if (cell.Covers(name.Incarnation, name.Ordinals)) Delete(path);
        }
    }

    private void Delete(string path)
    {
        try
        {
            disk.Delete(path);
        }
        catch (IOException e)
        {
            // The next start tries again.
            Log.NotDeleted(log, path, e.Message);
        }
    }

    /// <summary>
    /// Bytes of a file from an offset on; throws <see cref="IOException"/> if they are not there.
    /// </summary>
    public ReadOnlyMemory<byte> Read(StoredFile stored, long offset, int bytesMax)
    {
        if (offset < 0 || offset >= stored.Extent.BytesLength) return ReadOnlyMemory<byte>.Empty;
        byte[] bytes = new byte[(int)Math.Min(bytesMax, stored.Extent.BytesLength - offset)];
        using IDiskFile file = disk.Open(stored.Path);
        for (int at = 0; at < bytes.Length;)
        {
            int read = file.ReadAt(offset + at, bytes.AsSpan(at));
            if (read == 0) throw new EndOfStreamException($"{stored.Path} ends at {offset + at}");
            at += read;
        }

        return bytes;
    }

    /// <summary>
    /// Takes a damaged file out of the way, under another name beside it, for whoever wants to look at it.
    /// </summary>
    public void SetAside(StoredFile file)
    {
        try
        {
            disk.Delete(file.Path + DamagedSuffix);
            if (disk.Exists(file.Path)) disk.Rename(file.Path, file.Path + DamagedSuffix);
        }
        catch (IOException e)
        {
            // It may stay: nothing refers to it, and whole bytes take its place when they come.
            Log.NotSetAside(log, file.Path, e.Message);
        }
    }

    /// <summary>What is wrong with a file; null if its bytes have its hash.</summary>
    public string? DamageOf(StoredFile stored)
    {
        try
        {
            using IDiskFile file = disk.Open(stored.Path);
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] buffer = new byte[ReadBytesLength];
            long at = 0;
            for (int read; (read = file.ReadAt(at, buffer)) > 0; at += read)
                hash.AppendData(buffer.AsSpan(0, read));
            return new ContentHash(hash.GetHashAndReset()) == stored.Hash
                ? null
                : $"{stored.Path} ({at} bytes) does not have its hash";
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
