using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Model;
using TsDb.Storage.Identity;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Backup;

/// <summary>
/// Makes a data directory of a backup. What comes back is never taken for the node as it went on after the
/// backup: an edge gets a new incarnation, a cloud node's directory a new id.
/// </summary>
public static class Restoration
{
    private const int PieceBytes = 1 << 18;

    /// <summary>What is wrong with the files of a folder's backup; nothing if all have their hash.</summary>
    public static IEnumerable<BackupGap> Damages(IDisk from, BackupManifest manifest)
    {
        foreach (BackupFile file in manifest.Files)
            if (Copy(from, file, null) is { } damage) yield return new BackupGap(file.Path, damage);
    }

    /// <summary>
    /// Copies every file, each checked against its hash, and makes them last; the identity comes at the end,
    /// so that no node starts on a part. Throws <see cref="ErrorKind.NotFound"/> if there is no backup,
    /// <see cref="ErrorKind.Conflict"/> if the directory is not empty, <see cref="ErrorKind.Corrupt"/> with
    /// file and reason for a damaged backup; then the directory is empty again.
    /// </summary>
    public static BackupManifest Run(IDisk from, IDisk to, Func<Guid> newId)
    {
        BackupManifest manifest = Require(from);
        if (to.List("") is [{ } found, ..])
        {
            throw new TsDbException(
                ErrorKind.Conflict,
                $"{to.FullPath("")} is not empty ({found}): a backup is restored into a new directory only");
        }

        try
        {
            BackupFile identity = manifest.Files.FirstOrDefault(file => file.Path == NodeFile.Name)
                ?? throw new TsDbException(ErrorKind.Corrupt, $"the backup has no {NodeFile.Name}");
            HashSet<string> folders = new(StringComparer.Ordinal) { "" };
            foreach (BackupFile file in manifest.Files.Where(file => file != identity))
            {
                if (Copy(from, file, to) is { } damage) throw Damaged(from, file, damage);
                for (int at = file.Path.LastIndexOf('/'); at >= 0; at = file.Path[..at].LastIndexOf('/'))
                    folders.Add(file.Path[..at]);
            }

            to.SyncDirectories(folders);
            if (Copy(from, identity, null) is { } broken) throw Damaged(from, identity, broken);
            NodeFile.Save(to, Renewed(from, identity, manifest.Kind, newId()));
            return manifest;
        }
        catch
        {
            foreach (string path in to.List("")) to.Delete(path);
            throw;
        }
    }

    /// <summary>The backup of a folder. Throws <see cref="ErrorKind.NotFound"/> if there is none.</summary>
    public static BackupManifest Require(IDisk from) => BackupFolder.Open(from).Manifest
        ?? throw new TsDbException(
            ErrorKind.NotFound,
            $"{from.FullPath("")} holds no backup ({BackupManifest.FileName} is not there)");

    private static TsDbException Damaged(IDisk from, BackupFile file, string damage) => new(
        ErrorKind.Corrupt, $"the backup is damaged: {from.FullPath(BackupFolder.PlaceOf(file))}, which is "
        + $"{file.Path}: {damage}. Nothing was restored");

    // Reads a file and compares it with what the manifest says; null if it is as it was. Puts it into a data
    // directory if there is one.
    private static string? Copy(IDisk from, BackupFile file, IDisk? to)
    {
        string place = BackupFolder.PlaceOf(file);
        if (!from.Exists(place)) return "it is not there";
        using IDiskFile source = from.Open(place);
        if (source.BytesLength != file.Bytes)
            return $"it has {source.BytesLength} bytes instead of {file.Bytes}";
        using IDiskFile? target = to?.Create(file.Path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[(int)Math.Clamp(file.Bytes, 1, PieceBytes)];
        for (long at = 0; at < file.Bytes;)
        {
            int read;
            try
            {
                read = source.ReadAt(at, piece);
            }
            catch (IOException e)
            {
                return $"it cannot be read at {at}: {e.Message}";
            }

            if (read == 0) return $"it ends at {at}";
            hash.AppendData(piece.AsSpan(0, read));
            target?.Append(piece.AsSpan(0, read));
            at += read;
        }

        string found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (found != file.Sha256) return $"its SHA-256 is {found} instead of {file.Sha256}";
        target?.Sync();
        return null;
    }

    private static (string Name, string Value)[] Renewed(
        IDisk from, BackupFile identity, BackupKind kind, Guid fresh)
    {
        string changes = kind == BackupKind.Edge ? EdgeIdentity.IncarnationName : NodeFile.DirectoryName;
        byte[] bytes = FileBytes.ReadAll(from, BackupFolder.PlaceOf(identity))!;
        NodeFile.RequireVersion($"{NodeFile.Name} of the backup", bytes);
        try
        {
            JsonObject root = JsonNode.Parse(bytes)!.AsObject();
            root.Remove(NodeFile.VersionName);
            root[changes] = fresh.ToString("N");
            return [.. root.Select(member => (member.Key, member.Value!.GetValue<string>()))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new TsDbException(
                ErrorKind.Corrupt,
                $"{NodeFile.Name} of the backup cannot be read: {JsonFault.Describe(e)}",
                e);
        }
    }
}
