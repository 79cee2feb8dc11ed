using System.Collections.Immutable;
using System.Globalization;
using TsDb.Codec.Wal;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Wal;

/// <summary>
/// Looks into the log of a directory whose node does not run, and takes out of a damaged one what is whole: a
/// commit is there with all its requests or not at all.
/// </summary>
public sealed class LogSalvage(IDisk disk, Func<Guid> newId)
{
    private const long FileBytesMax = 64L << 20;

    /// <summary>What each file holds. Changes nothing.</summary>
    public IReadOnlyList<LogFileSurvey> Inspect() =>
        [.. LogReplay.FilesInOrder(disk).Select(file => Survey(file, _ => { }))];

    /// <summary>
    /// Writes the whole commits to new files, in order, and sets the old files aside. It can be run again
    /// after an interruption anywhere.
    /// </summary>
    public SalvageReport Run()
    {
        LogFile[] files = [.. LogReplay.FilesInOrder(disk)];
        SortedDictionary<CommitSequence, Place> found = [];
        foreach (LogFile file in files) Survey(file, place => found[place.Sequence] = place);
        List<string> losses = [];
        Copied copied = Copy(Acknowledged(found.Values), files.Length == 0 ? 0 : files[^1].Number, losses);
        ImmutableArray<string> aside = [.. files.Select(file => file.Path + LogFile.DamagedSuffix)];
        foreach (LogFile file in files) disk.Rename(file.Path, file.Path + LogFile.DamagedSuffix);
        if (files.Length > 0) disk.SyncDirectory(LogFile.Folder);
        return new SalvageReport(copied.Commits, copied.Rows, [.. losses], aside);
    }

    private LogFileSurvey Survey(LogFile file, Action<Place> each)
    {
        using IDiskFile open = disk.Open(file.Path);
        LogFileReader reader = new(open, disk.FullPath(file.Path), file.Id);
        ImmutableArray<LogDamage>.Builder damages = ImmutableArray.CreateBuilder<LogDamage>();
        CommitSequence first = default, last = default;
        int commits = 0;
        while (true)
        {
            long at = reader.Offset;
            if (reader.TryRead(out WalFrame frame, out _))
            {
                if (commits++ == 0) first = frame.Sequence;
                last = frame.Sequence;
                each(new Place(file, at, (int)(reader.Offset - at), frame.Sequence, frame.Previous));
                continue;
            }

            if (at == reader.BytesLength) break;
            bool isTail = !reader.TrySkipToNext(out _);
            damages.Add(new LogDamage(at, (isTail ? reader.BytesLength : reader.Offset) - at, isTail));
            if (isTail) break;
        }

        return new LogFileSurvey(
            file.Path, reader.BytesLength, commits, first, last, damages.DrainToImmutable());
    }

    // A commit that the next one does not build upon was refused when it was written. Where the next one is
    // lost nobody knows: then it counts, as it would after a crash.
    private static Place[] Acknowledged(IEnumerable<Place> inOrder)
    {
        List<Place> kept = [];
        CommitSequence? bound = null;
        foreach (Place place in inOrder.Reverse())
        {
            if (bound is { } least && place.Sequence.CompareTo(least) > 0) continue;
            kept.Add(place);
            bound = place.Previous;
        }

        kept.Reverse();
        return [.. kept];
    }

    private Copied Copy(IReadOnlyList<Place> places, long numberLast, List<string> losses)
    {
        Copied copied = new(0, 0, default);
        CommitSequence reached = places.Count == 0 ? default : places[0].Previous;
        for (int at = 0; at < places.Count;)
        {
            LogFile file = new(++numberLast, WalFileId.From(newId()), default, 0);
            using IDiskFile destination = disk.Create(file.Path);
            for (; at < places.Count && destination.BytesLength < FileBytesMax; at++)
            {
                Place place = places[at];
                if (place.Previous != reached) losses.Add(Gap(reached, place));
                reached = place.Sequence;
                if (Read(place, losses) is not { } frame) continue;
                WalFrame.Seal(frame.Bytes, file.Id, place.Sequence, copied.Last);
                destination.Append(frame.Bytes);
                copied = new Copied(copied.Commits + 1, copied.Rows + frame.Rows, place.Sequence);
            }

            destination.Sync();
        }

        if (places.Count > 0) disk.SyncDirectory(LogFile.Folder);
        return copied;
    }

    /// <summary>The bytes of a commit and its points; null, with the loss noted, if they cannot be
    /// read.</summary>
    private (byte[] Bytes, long Rows)? Read(Place place, List<string> losses)
    {
        byte[] bytes = new byte[place.Length];
        using (IDiskFile source = disk.Open(place.File.Path))
        {
            for (int read = 0; read < bytes.Length;)
                read += source.ReadAt(place.Offset + read, bytes.AsSpan(read));
        }

        try
        {
            long rows = 0;
            foreach (ReadOnlyMemory<byte> piece in WalPayload.Read(bytes.AsMemory(WalFrame.HeaderLength)))
                rows += BatchCodec.Decode(piece).Sum(batch => (long)batch.RowCount);
            return (bytes, rows);
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.Corrupt)
        {
            losses.Add(string.Create(
                CultureInfo.InvariantCulture, $"commit {place.Sequence.Value} cannot be read: {e.Message}"));
            return null;
        }
    }

    private static string Gap(CommitSequence reached, Place next) => string.Create(
        CultureInfo.InvariantCulture,
        $"commits between {reached.Value} and {next.Sequence.Value}, up to {next.Previous.Value}");

    /// <summary>Where a whole commit lies.</summary>
    private sealed record Place(
        LogFile File, long Offset, int Length, CommitSequence Sequence, CommitSequence Previous);

    private sealed record Copied(int Commits, long Rows, CommitSequence Last);
}
