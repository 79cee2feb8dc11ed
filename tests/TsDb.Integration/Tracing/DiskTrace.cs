using System.Text.RegularExpressions;

namespace TsDb.Integration.Tracing;

/// <summary>What a traced program did to its files. Only calls that succeeded are in it.</summary>
internal sealed partial class DiskTrace
{
    private readonly ILookup<string, SystemCall> _writes;
    private readonly ILookup<string, SystemCall> _syncs;
    private readonly ILookup<string, SystemCall> _made;
    private readonly SystemCall[] _renames;

    public DiskTrace(IReadOnlyList<SystemCall> calls)
    {
        SystemCall[] good = [.. calls.Where(call => call.Succeeded)];
        _writes = good.Where(call => call.Name is "write" or "writev" or "pwrite64" or "pwritev")
            .ToLookup(call => call.Target, StringComparer.Ordinal);
        _syncs = good.Where(call => call.Name is "fsync" or "fdatasync")
            .ToLookup(call => call.Target, StringComparer.Ordinal);
        _made = good.Where(MakesName).ToLookup(call => TracedBytes.Paths(call)[0], StringComparer.Ordinal);
        _renames = [.. good.Where(call => call.Name.StartsWith("rename", StringComparison.Ordinal))];
    }

    public IEnumerable<SystemCall> Renames => _renames;

    /// <summary>Writes to files with such paths.</summary>
    public IEnumerable<SystemCall> WritesTo(Func<string, bool> path) =>
        _writes.Where(file => path(file.Key)).SelectMany(file => file);

    public IEnumerable<SystemCall> WritesTo(string path) => _writes[path];

    /// <summary>How often a path was synced.</summary>
    public int SyncCountOf(string path) => _syncs[path].Count();

    /// <summary>The sync of a path that begins after a call ended and is over first; null without
    /// one.</summary>
    public SystemCall? SyncAfter(SystemCall call, string path) =>
        _syncs[path].Where(call.IsDoneBefore).MinBy(sync => sync.Ended);

    /// <summary>
    /// The folder that was not synced between the making of a name on the way to <paramref name="path"/> and
    /// <paramref name="answer"/>; null if each name is certain to stay.
    /// </summary>
    public string? UnsyncedFolder(string path, SystemCall answer)
    {
        for (string child = path; child.LastIndexOf('/') is > 0 and int cut; child = child[..cut])
        {
            string parent = child[..cut];
            foreach (SystemCall made in _made[child].Where(call => call.Ended < answer.Began))
            {
                if (SyncAfter(made, parent)?.IsDoneBefore(answer) != true) return parent;
            }
        }

        return null;
    }

    /// <summary>The bytes of a file as its writes at offsets before <paramref name="end"/> made
    /// them.</summary>
    public byte[] ContentOf(string path, SystemCall end)
    {
        using MemoryStream content = new();
        foreach (SystemCall write in _writes[path].Where(call => call.IsDoneBefore(end)))
        {
            if (write.Name == "pwrite64") content.Position = OffsetOf(write);
            content.Write(TracedBytes.Of(write));
        }

        return content.ToArray();
    }

    /// <summary>Whether a write took all that it was given.</summary>
    public static bool IsWhole(SystemCall write) =>
        PositionedWrite().Match(write.Arguments) is not { Success: true } match
        || match.Groups["count"].Value == write.Number.ToString(
            System.Globalization.CultureInfo.InvariantCulture);

    private static long OffsetOf(SystemCall write) => long.Parse(
        PositionedWrite().Match(write.Arguments).Groups["offset"].Value,
        System.Globalization.CultureInfo.InvariantCulture);

    private static bool MakesName(SystemCall call) => call.Name is "mkdir" or "mkdirat"
        || (call.Name is "open" or "openat" && call.Arguments.Contains("O_CREAT", StringComparison.Ordinal));

    [GeneratedRegex(@", (?<count>\d+), (?<offset>\d+)$")]
    private static partial Regex PositionedWrite();
}
