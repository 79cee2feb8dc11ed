using System.Text;

namespace TsDb.Integration.Tracing;

/// <summary>
/// Proves of an edge's trace that what it acknowledged was in its log on disk by then: after the request had
/// come a write to the log had its bytes, a sync of that file that began after that write was over before
/// the answer began, and so was a sync of every folder that had got a new name for it.
/// </summary>
internal sealed class LogProof
{
    private readonly DiskTrace _disk;
    private readonly (SystemCall Write, string Text)[] _frames;

    public LogProof(IReadOnlyList<SystemCall> calls)
    {
        _disk = new DiskTrace(calls);
        _frames =
        [
            .. _disk.WritesTo(path => path.Contains("/wal/", StringComparison.Ordinal))
                .Select(write => (write, Encoding.Latin1.GetString(TracedBytes.Of(write)))),
        ];
    }

    /// <summary>How often the log was synced.</summary>
    public int SyncCount => _frames.Select(frame => frame.Write.Target).Distinct(StringComparer.Ordinal)
        .Sum(_disk.SyncCountOf);

    /// <summary>What is wrong with an acknowledgement; null if it is proven.</summary>
    public string? FaultOf(Acknowledgement said)
    {
        SystemCall[] writes =
        [
            .. _frames.Where(frame => frame.Text.Contains(said.Mark, StringComparison.Ordinal))
                .Select(frame => frame.Write),
        ];
        if (writes.Length == 0) return Fault(said, "no write to the log has its bytes");
        string?[] faults = [.. writes.Select(write => FaultOf(said, write))];
        return faults.Contains(null) ? null : Fault(said, faults[0]!);
    }

    private string? FaultOf(Acknowledgement said, SystemCall write)
    {
        if (!said.Asked.IsDoneBefore(write)) return $"{write} was before the request {said.Asked}";
        if (!DiskTrace.IsWhole(write)) return $"{write} took a part only";
        SystemCall? sync = _disk.SyncAfter(write, write.Target);
        if (sync?.IsDoneBefore(said.Answered) != true)
            return $"after {write} no sync was over; the next is {sync?.ToString() ?? "never"}";
        return _disk.UnsyncedFolder(write.Target, said.Answered) is { } folder
            ? $"the folder {folder} was not synced since it got a new name"
            : null;
    }

    private static string Fault(Acknowledgement said, string why) =>
        $"{said.What} of {said.Mark} by {said.Answered}: {why}";
}
