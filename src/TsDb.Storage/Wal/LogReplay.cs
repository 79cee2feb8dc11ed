using System.Globalization;
using Microsoft.Extensions.Logging;
using TsDb.Codec.Wal;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Wal;

/// <summary>
/// Reads the log of a directory back: every acknowledged commit behind <paramref name="covered"/>, once, in
/// order. Format and rules: FORMAT.md of TsDb.Codec/Wal.
/// </summary>
internal sealed class LogReplay(IDisk disk, CommitSequence covered, ILogger log)
{
    private const long BytesWorthSaying = 64L << 20;

    private readonly List<LogFile> _files = [];
    private ReplayedFrame? _pending;
    private CommitSequence _emitted;

    /// <summary>
    /// Calls <paramref name="each"/> for every commit to be replayed. Throws <see cref="ErrorKind.Corrupt"/>.
    /// </summary>
    public ReplayedLog Run(Action<ReplayedFrame> each)
    {
        LogFile[] found = [.. FilesInOrder(disk)];
        long bytes = found.Sum(file => disk.LengthOf(file.Path));
        if (bytes >= BytesWorthSaying) Log.LogReplaying(log, bytes, found.Length);
        foreach (LogFile file in found) ReadFile(file, each);
        ReplayedFrame? last = _pending;
        if (last is not null) Emit(last, each);
        return new ReplayedLog(_files, last?.Sequence ?? default, last);
    }

    /// <summary>
    /// Deletes the files read so far whose every commit lies in segments, so that a replay that seals on the
    /// way needs no more room than the log has taken.
    /// </summary>
    public void CutBehind(CommitSequence sealedTo)
    {
        foreach (LogFile file in _files.Where(file => file.Last.CompareTo(sealedTo) <= 0).ToArray())
        {
            disk.Delete(file.Path);
            _files.Remove(file);
        }
    }

    /// <summary>
    /// The commit before the first one in the log, by what its first whole frame says; null if it has none.
    /// </summary>
    public static CommitSequence? Beginning(IDisk disk)
    {
        foreach (LogFile file in FilesInOrder(disk))
        {
            using IDiskFile open = disk.Open(file.Path);
            if (new LogFileReader(open, file.Path, file.Id).TryRead(out WalFrame frame, out _))
                return frame.Previous;
        }

        return null;
    }

    /// <summary>The files of a log, older ones first. Throws <see cref="ErrorKind.Corrupt"/> for a stranger
    /// among them.</summary>
    public static IEnumerable<LogFile> FilesInOrder(IDisk disk) => disk.List(LogFile.Folder)
        .Where(path => !path.EndsWith(LogFile.DamagedSuffix, StringComparison.Ordinal))
        .Select(path => LogFile.Parse(path) ?? throw new TsDbException(
            ErrorKind.Corrupt, $"{disk.FullPath(path)} is no file of the log: move it away"))
        .OrderBy(file => file.Number).ThenBy(file => file.Id.Value);

    private void ReadFile(LogFile file, Action<ReplayedFrame> each)
    {
        using IDiskFile open = disk.Open(file.Path);
        LogFileReader reader = new(open, disk.FullPath(file.Path), file.Id);
        CommitSequence last = default;
        for (long at = 0; ; at = reader.Offset)
        {
            if (!reader.TryRead(out WalFrame frame, out ReadOnlyMemory<byte> payload)) break;
            if (frame.Sequence.CompareTo(last) <= 0 || frame.Previous.CompareTo(frame.Sequence) >= 0)
                throw reader.Corrupt(at, $"commit {frame.Sequence.Value} stands behind {last.Value}");
            ReplayedFrame next = new(frame.Sequence, frame.Previous, payload);
            Follow(next, reader, each);
            last = next.Sequence;
        }

        long whole = reader.Offset;
        if (reader.TrySkipToNext(out CommitSequence later))
        {
            throw reader.Corrupt(whole, string.Create(
                CultureInfo.InvariantCulture, $"commit {later.Value} follows whole at {reader.Offset}"));
        }

        long torn = reader.BytesLength - whole;
        if (torn > 0) Log.LogTailTorn(log, file.Path, whole, torn);
        _files.Add(file with { Last = last, BytesLength = reader.BytesLength });
    }

    private void Follow(ReplayedFrame next, LogFileReader reader, Action<ReplayedFrame> each)
    {
        if (_pending is { } pending)
        {
            // A frame that the next one does not build upon was refused when it was written.
            if (pending.Sequence.CompareTo(next.Previous) <= 0) Emit(pending, each);
            else Log.LogFrameRefused(log, pending.Sequence.Value);
        }

        bool follows = next.Previous == _emitted
            || (next.Previous.CompareTo(covered) <= 0 && _emitted.CompareTo(covered) <= 0);
        if (!follows)
        {
            throw reader.Corrupt(reader.Offset, string.Create(
                CultureInfo.InvariantCulture,
                $"commit {next.Sequence.Value}, which ends here, follows {next.Previous.Value}, but the log "
                + $"before it ends with {_emitted.Value}: a file is missing, or its end is damaged"));
        }

        _pending = next;
    }

    private void Emit(ReplayedFrame frame, Action<ReplayedFrame> each)
    {
        _emitted = frame.Sequence;
        if (frame.Sequence.CompareTo(covered) > 0) each(frame);
    }
}
