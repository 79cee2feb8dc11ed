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
        string temporary = StoredLeaf.PathOf(leaf.Leaf) + TemporarySuffix;
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
            string path = StoredLeaf.PathOf(leaf.Leaf);
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
    /// The leaves of a version whose file is not there. Removes what a crash left under a temporary name.
    /// </summary>
    public List<StoredLeaf> Absent(ReplicaVersion version)
    {
        HashSet<string> present = new(StringComparer.Ordinal);
        foreach (string path in disk.List(SegmentFolder.Root))
        {
            if (path.EndsWith(TemporarySuffix, StringComparison.Ordinal)) disk.Delete(path);
            else present.Add(path);
        }

        return [.. version.Cells.SelectMany(cell => cell.Leaves).Where(leaf => !present.Contains(leaf.Path))];
    }

    /// <summary>
    /// Bytes of a file from an offset on; throws <see cref="IOException"/> if they are not there.
    /// </summary>
    public ReadOnlyMemory<byte> Read(StoredLeaf leaf, long offset, int bytesMax)
    {
        if (offset < 0 || offset >= leaf.Extent.BytesLength) return ReadOnlyMemory<byte>.Empty;
        byte[] bytes = new byte[(int)Math.Min(bytesMax, leaf.Extent.BytesLength - offset)];
        using IDiskFile file = disk.Open(leaf.Path);
        for (int at = 0; at < bytes.Length;)
        {
            int read = file.ReadAt(offset + at, bytes.AsSpan(at));
            if (read == 0) throw new EndOfStreamException($"{leaf.Path} ends at {offset + at}");
            at += read;
        }

        return bytes;
    }

    /// <summary>
    /// Takes a damaged file out of the way, under another name beside it, for whoever wants to look at it.
    /// </summary>
    public void SetAside(StoredLeaf leaf)
    {
        try
        {
            disk.Delete(leaf.Path + DamagedSuffix);
            if (disk.Exists(leaf.Path)) disk.Rename(leaf.Path, leaf.Path + DamagedSuffix);
        }
        catch (IOException e)
        {
            // It may stay: nothing refers to it, and whole bytes take its place when they come.
            Log.NotSetAside(log, leaf.Path, e.Message);
        }
    }

    /// <summary>What is wrong with a file; null if its bytes have the leaf's hash.</summary>
    public string? DamageOf(StoredLeaf leaf)
    {
        try
        {
            using IDiskFile file = disk.Open(leaf.Path);
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] buffer = new byte[ReadBytesLength];
            long at = 0;
            for (int read; (read = file.ReadAt(at, buffer)) > 0; at += read)
                hash.AppendData(buffer.AsSpan(0, read));
            return new ContentHash(hash.GetHashAndReset()) == leaf.Hash
                ? null
                : $"{leaf.Path} ({at} bytes) does not have the leaf's hash";
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
