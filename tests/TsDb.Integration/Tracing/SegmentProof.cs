using System.Security.Cryptography;
using TsDb.Model;

namespace TsDb.Integration.Tracing;

/// <summary>
/// Proves of a cloud node's trace that a segment it claims to have was on its disk by then: the bytes with
/// that hash written under a temporary name, the file synced, renamed, its folder synced, then a record with
/// the hash written to the catalog, and the catalog synced; each begun when the one before was over, the
/// last over before the claim began.
/// </summary>
internal sealed class SegmentProof
{
    private readonly DiskTrace _disk;
    private readonly (SystemCall Write, byte[] Bytes)[] _records;

    public SegmentProof(IReadOnlyList<SystemCall> calls)
    {
        _disk = new DiskTrace(calls);
        _records =
        [
            .. _disk.WritesTo(IsCatalog).Select(write => (write, TracedBytes.Of(write))),
        ];
    }

    /// <summary>What is wrong with a claim; null if it is proven.</summary>
    public string? FaultOf(StoredClaim claim)
    {
        string ending = $"-{claim.Hash.ToString()[..16]}.parquet";
        string fault = "no file got its name";
        foreach (SystemCall rename in _disk.Renames)
        {
            string[] paths = TracedBytes.Paths(rename);
            if (!paths[1].EndsWith(ending, StringComparison.Ordinal)) continue;
            if (FaultOf(claim, rename, paths[0], paths[1]) is not { } found) return null;
            fault = found;
        }

        return $"{claim.What} of {claim.Hash} by {claim.Said}: {fault}";
    }

    private string? FaultOf(StoredClaim claim, SystemCall rename, string temporary, string path)
    {
        if (new ContentHash(SHA256.HashData(_disk.ContentOf(temporary, rename))) != claim.Hash)
            return $"{temporary} did not get the bytes of that hash";
        SystemCall write = _disk.WritesTo(temporary).Last(call => call.IsDoneBefore(rename));
        if (_disk.SyncAfter(write, temporary)?.IsDoneBefore(rename) != true)
            return $"no sync of {temporary} between {write} and the rename {rename}";
        string folder = path[..path.LastIndexOf('/')];
        if (_disk.SyncAfter(rename, folder) is not { } named)
            return $"no sync of {folder} after the rename {rename}";
        SystemCall? record = _records
            .Where(one => named.IsDoneBefore(one.Write) && DiskTrace.IsWhole(one.Write))
            .FirstOrDefault(one => one.Bytes.AsSpan().IndexOf(claim.Hash.ToArray()) >= 0).Write;
        if (record is null) return $"no record in the catalog after {named}";
        SystemCall? synced = _disk.SyncAfter(record, record.Target);
        if (synced?.IsDoneBefore(claim.Said) != true)
            return $"after {record} no sync was over; the next is {synced?.ToString() ?? "never"}";
        return _disk.UnsyncedFolder(folder, claim.Said) is { } unsynced
            ? $"the folder {unsynced} was not synced since it got a new name"
            : null;
    }

    private static bool IsCatalog(string path) =>
        path.Contains("/catalog/", StringComparison.Ordinal)
        && path.EndsWith(".records", StringComparison.Ordinal);
}
