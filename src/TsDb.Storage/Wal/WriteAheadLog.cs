using Microsoft.Extensions.Logging;
using TsDb.Codec.Wal;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Wal;

/// <summary>
/// The log's writing side. One thread appends; another may cut. When an append or its fsync fails, nothing is
/// known of that file's tail any more: it is cut back to its last acknowledged frame and never written again,
/// and the next commit goes to a new file with a new sequence. Should the cut fail as well, the refused frame
/// may come back on a restart: the next frame's <c>previous</c> names the last acknowledged commit, so
/// <see cref="LogReplay"/> leaves it out.
/// </summary>
internal sealed class WriteAheadLog(
    IDisk disk, Func<Guid> newId, long fileBytesMax, ILogger log) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<LogFile> _closed = [];
    private byte[] _frame = [];
    private IDiskFile? _open;
    private LogFile? _file;
    private long _numberLast;
    private long _openBytes;
    private long _closedBytes;

    /// <summary>Bytes of the log on disk.</summary>
    public long BytesLength => Volatile.Read(ref _closedBytes) + Volatile.Read(ref _openBytes);

    /// <summary>The last acknowledged commit.</summary>
    public CommitSequence Last { get; private set; }

    /// <summary>The highest sequence that was ever tried: a refused one is not used again.</summary>
    public CommitSequence Tried { get; private set; }

    /// <summary>Takes over what a replay found.</summary>
    public void Adopt(ReplayedLog replayed, CommitSequence covered)
    {
        lock (_gate) _closed.AddRange(replayed.Files);
        _closedBytes = replayed.Files.Sum(file => file.BytesLength);
        _numberLast = replayed.Files.Count == 0 ? 0 : replayed.Files.Max(file => file.Number);
        Last = replayed.Last.CompareTo(covered) > 0 ? replayed.Last : covered;
        Tried = Last;
        CutBehind(covered);
        if (replayed.LastFrame is { } frame && frame.Sequence.CompareTo(covered) > 0) MakeCertain(frame);
    }

    /// <summary>
    /// Appends one frame and returns once it would survive a loss of power. On <see cref="IOException"/>
    /// nothing of it was committed.
    /// </summary>
    public CommitSequence Append(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        CommitSequence sequence = Tried.Next();
        int length = checked(WalFrame.HeaderLength + (int)WalPayload.LengthOf(pieces));
        if (_frame.Length < length || _frame.Length > 4 * fileBytesMax) _frame = new byte[length];
        Span<byte> frame = _frame.AsSpan(0, length);
        WalPayload.Write(frame[WalFrame.HeaderLength..], pieces);
        Tried = sequence;
        Write(frame, sequence, Last);
        Last = sequence;
        return sequence;
    }

    /// <summary>Closes the current file: the next commit begins a new one.</summary>
    public void BeginNewFile()
    {
        _open?.Dispose();
        _open = null;
        if (_file is null) return;
        lock (_gate) _closed.Add(_file);
        Interlocked.Add(ref _closedBytes, _openBytes);
        Volatile.Write(ref _openBytes, 0);
        _file = null;
    }

    /// <summary>Deletes the files whose every commit is covered by segments.</summary>
    public void CutBehind(CommitSequence covered)
    {
        LogFile[] files;
        lock (_gate)
        {
            files = [.. _closed.Where(file => file.Last.CompareTo(covered) <= 0)];
            _closed.RemoveAll(file => file.Last.CompareTo(covered) <= 0);
        }

        foreach (LogFile file in files)
        {
            disk.Delete(file.Path);
            Interlocked.Add(ref _closedBytes, -file.BytesLength);
        }

        if (files.Length > 0) Log.LogCut(log, files.Length, covered.Value);
    }

    public void Dispose() => BeginNewFile();

    private void Write(Span<byte> frame, CommitSequence sequence, CommitSequence previous)
    {
        if (_file is not null && _openBytes + frame.Length > fileBytesMax && _openBytes > 0) BeginNewFile();
        try
        {
            if (_open is null) CreateFile();
            WalFrame.Seal(frame, _file!.Id, sequence, previous);
            _open!.Append(frame);
            _open.Sync();
        }
        catch (IOException)
        {
            Abandon();
            throw;
        }

        Volatile.Write(ref _openBytes, _openBytes + frame.Length);
        _file = _file with { Last = sequence, BytesLength = _openBytes };
    }

    private void CreateFile()
    {
        LogFile file = new(++_numberLast, WalFileId.From(newId()), default, 0);
        _open = disk.Create(file.Path);
        _file = file;
        disk.SyncDirectory(LogFile.Folder);
    }

    private void Abandon()
    {
        if (_open is null || _file is null) return;
        try
        {
            _open.Truncate(_file.BytesLength);
        }
        catch (IOException e)
        {
            Log.LogTailKept(log, _file.Path, e);
        }

        BeginNewFile();
    }

    // All frames but the last one are known to be on the disk, because the next was written only after their
    // fsync. The last one may be nowhere but in the page cache, and a cache that once failed to write may
    // claim that all is well. So it is written once more, to a new file, before anything is built upon it.
    private void MakeCertain(ReplayedFrame frame)
    {
        byte[] bytes = new byte[WalFrame.HeaderLength + frame.Payload.Length];
        frame.Payload.CopyTo(bytes.AsMemory(WalFrame.HeaderLength));
        try
        {
            Write(bytes, frame.Sequence, frame.Previous);
        }
        catch (DiskFullException)
        {
            // No room for the copy: an fsync of the file itself is the next best, and the node has to start
            // to make room.
            LogFile last;
            lock (_gate) last = _closed.Last(file => file.Last == frame.Sequence);
            using IDiskFile file = disk.Open(last.Path, append: true);
            file.Sync();
        }
    }
}
