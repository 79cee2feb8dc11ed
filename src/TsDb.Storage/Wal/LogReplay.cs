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
    private readonly List<LogFile> _files = [];
    private ReplayedFrame? _pending;
    private CommitSequence _emitted;

    /// <summary>
    /// Calls <paramref name="each"/> for every commit to be replayed. Throws <see cref="ErrorKind.Corrupt"/>.
    /// </summary>
    public ReplayedLog Run(Action<ReplayedFrame> each)
    {
        foreach (LogFile file in FilesInOrder()) ReadFile(file, each);
        ReplayedFrame? last = _pending;
        if (last is not null) Emit(last, each);
        return new ReplayedLog(_files, last?.Sequence ?? default, last);
    }

    private IEnumerable<LogFile> FilesInOrder() => disk.List(LogFile.Folder)
        .Select(path => LogFile.Parse(path) ?? throw new TsDbException(
            ErrorKind.Corrupt, $"{disk.FullPath(path)} is no file of the log: move it away"))
        .OrderBy(file => file.Number).ThenBy(file => file.Id.Value);

    private void ReadFile(LogFile file, Action<ReplayedFrame> each)
    {
        byte[] bytes = ReadAll(file.Path);
        WalReader reader = new(disk.FullPath(file.Path), file.Id, bytes);
        CommitSequence last = default;
        while (reader.TryRead(out WalFrame frame))
        {
            ReplayedFrame next = new(frame.Sequence, frame.Previous, frame.Payload.ToArray());
            Follow(next, file.Path, reader.WholeLength, each);
            last = next.Sequence;
        }

        long torn = bytes.Length - reader.WholeLength;
        if (torn > 0) Log.LogTailTorn(log, file.Path, reader.WholeLength, torn);
        _files.Add(file with { Last = last, BytesLength = bytes.Length });
    }

    private void Follow(ReplayedFrame next, string path, long offset, Action<ReplayedFrame> each)
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
            throw new TsDbException(
                ErrorKind.Corrupt,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"log file {disk.FullPath(path)} before offset {offset}: commit {next.Sequence.Value} "
                    + $"follows {next.Previous.Value}, but the log before it ends with {_emitted.Value}: "
                    + $"a file is missing"));
        }

        _pending = next;
    }

    private void Emit(ReplayedFrame frame, Action<ReplayedFrame> each)
    {
        _emitted = frame.Sequence;
        if (frame.Sequence.CompareTo(covered) > 0) each(frame);
    }

    private byte[] ReadAll(string path)
    {
        using IDiskFile file = disk.Open(path);
        byte[] bytes = new byte[checked((int)file.BytesLength)];
        int read = 0;
        while (read < bytes.Length)
        {
            int now = file.ReadAt(read, bytes.AsSpan(read));
            if (now == 0) break;
            read += now;
        }

        return bytes.AsSpan(0, read).ToArray();
    }
}
