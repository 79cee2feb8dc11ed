using System.Globalization;
using TsDb.Codec;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Records;

/// <summary>
/// An append-only log of records in a folder of its own, for catalogs. The file is
/// <c>{number:D8}.records</c>: a header (8 bytes <c>TSDBREC1</c>, 16 bytes of random file id), then frames
/// (<see cref="RecordFrame"/>) with sequences 0, 1, 2 ... A rewrite makes the file of the next number under a
/// temporary name, so a file that has its name is whole up to the tail that a crash may have torn. Used by
/// one thread at a time.
/// </summary>
/// <remarks>
/// Failure: after an append or sync that failed nothing is known of the file's tail, so the log refuses every
/// further append until <see cref="Rewrite"/> has begun a new file from what the owner knows to be committed.
/// </remarks>
public sealed class RecordLog : IDisposable
{
    private const string Suffix = ".records";
    private const string TemporarySuffix = ".tmp";
    private const int HeaderLength = 24;

    private const int Version = 1;

    private static ReadOnlySpan<byte> Magic => "TSDBREC1"u8;

    private readonly IDisk _disk;
    private readonly string _folder;
    private readonly Func<Guid> _newId;
    private IDiskFile? _file;
    private Guid _fileId;
    private long _number;
    private ulong _sequence;
    private bool _failed;

    private RecordLog(IDisk disk, string folder, Func<Guid> newId) =>
        (_disk, _folder, _newId) = (disk, folder, newId);

    /// <summary>Size of the current file in bytes; 0 before the first append.</summary>
    public long BytesLength => _file?.BytesLength ?? 0;

    /// <summary>True after a failed append or sync: only <see cref="Rewrite"/> helps.</summary>
    public bool IsFailed => _failed;

    /// <summary>
    /// Opens the log, gives every record to <paramref name="replay"/> in order, and cuts a torn tail. Throws
    /// <see cref="ErrorKind.Corrupt"/> if a damaged record has intact ones behind it, or the header is not
    /// ours, <see cref="ErrorKind.Invalid"/> if a newer program wrote it.
    /// </summary>
    public static RecordLog Open(
        IDisk disk, string folder, Func<Guid> newId, Action<ReadOnlyMemory<byte>> replay)
    {
        RecordLog log = new(disk, folder, newId);
        string? newest = null;
        foreach (string path in disk.List(folder))
        {
            if (path.EndsWith(TemporarySuffix, StringComparison.Ordinal))
                disk.Delete(path);
            else if (NumberOf(path) is { } number && number > log._number)
                (newest, log._number) = (path, number);
        }

        if (newest is not null)
        {
            // The older file may go only once the newer one's name is certain to stay.
            disk.SyncDirectory(folder);
            log.Replay(newest, replay);
        }

        log.DeleteOlder();
        return log;
    }

    /// <summary>
    /// Adds one record and returns once it is on disk. What belongs together is one record: of several that
    /// were not synced a crash may leave any, and a hole looks like damage.
    /// </summary>
    public void Append(ReadOnlySpan<byte> record)
    {
        if (_failed)
            throw new TsDbException(ErrorKind.Unavailable, $"{_folder} failed before: rewrite it first");
        if (_file is null) Rewrite([]);
        byte[] frame = RecordFrame.Encode(_fileId, _sequence, record);
        _failed = true;
        _file!.Append(frame);
        _file.Sync();
        _sequence++;
        _failed = false;
    }

    /// <summary>
    /// Begins a new file that holds these records only, and removes the older one. After an exception either
    /// of them may be found at the next start, so the log refuses appends until a rewrite succeeds.
    /// </summary>
    public void Rewrite(IEnumerable<ReadOnlyMemory<byte>> records)
    {
        long number = _number + 1;
        string path = PathOf(_folder, number);
        string temporary = path + TemporarySuffix;
        Guid id = _newId();
        ulong sequence = 0;
        _disk.Delete(temporary);
        using (IDiskFile file = _disk.Create(temporary))
        {
            foreach (byte[] piece in Pieces(id, records))
            {
                file.Append(piece);
                sequence++;
            }

            file.Sync();
        }

        // Once the new name is there, a restart may read it: the older file must not be appended to any more.
        _failed = true;
        _disk.Rename(temporary, path);
        _disk.SyncDirectory(_folder);
        _disk.SyncDirectory("");
        _file?.Dispose();
        _file = null;
        (_number, _fileId, _sequence) = (number, id, sequence - 1);
        _file = _disk.Open(path, append: true);
        _failed = false;
        DeleteOlder();
    }

    /// <summary>True if a folder has a log, which is so from its first <see cref="Rewrite"/> on.</summary>
    public static bool Exists(IDisk disk, string folder) => disk.List(folder).Any(path => NumberOf(path) > 0);

    /// <summary>The path of a log's first file.</summary>
    public static string FirstPath(string folder) => PathOf(folder, 1);

    /// <summary>The bytes of a file that holds these records.</summary>
    public static byte[] Image(Guid id, IEnumerable<ReadOnlyMemory<byte>> records)
    {
        using MemoryStream bytes = new();
        foreach (byte[] piece in Pieces(id, records)) bytes.Write(piece);
        return bytes.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    // The header, then a frame for each record.
    private static IEnumerable<byte[]> Pieces(Guid id, IEnumerable<ReadOnlyMemory<byte>> records)
    {
        byte[] header = new byte[HeaderLength];
        Magic.CopyTo(header);
        id.TryWriteBytes(header.AsSpan(Magic.Length), bigEndian: true, out _);
        yield return header;
        ulong sequence = 0;
        foreach (ReadOnlyMemory<byte> record in records)
            yield return RecordFrame.Encode(id, sequence++, record.Span);
    }

    private static long? NumberOf(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        return name.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(
                name[..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;
    }

    private void Replay(string path, Action<ReadOnlyMemory<byte>> replay)
    {
        _file = _disk.Open(path, append: true);
        ReadOnlyMemory<byte> bytes = ReadAll(_file, path);
        RequireVersion(path, bytes.Span);
        if (bytes.Length < HeaderLength || !bytes.Span.StartsWith(Magic))
            throw new TsDbException(ErrorKind.Corrupt, $"{path} has no header of a record log at offset 0");
        _fileId = new Guid(bytes.Span.Slice(Magic.Length, 16), bigEndian: true);
        int offset = HeaderLength;
        while (RecordFrame.TryDecode(bytes[offset..], _fileId, _sequence, out ReadOnlyMemory<byte> payload))
        {
            replay(payload);
            offset += RecordFrame.HeaderLength + payload.Length;
            _sequence++;
        }

        if (offset < bytes.Length) CutTail(path, bytes, offset);

        // A process that was killed may have left records that are readable and not on disk yet.
        _file.Sync();
        _disk.SyncDirectory(_folder);
    }

    // The last byte of the magic is the version, as a digit.
    private void RequireVersion(string path, ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(Magic[..^1]) && bytes.Length >= Magic.Length
            && char.IsAsciiDigit((char)bytes[Magic.Length - 1]))
            FormatVersion.Require(_disk.FullPath(path), bytes[Magic.Length - 1] - '0', Version, Version);
    }

    private void CutTail(string path, ReadOnlyMemory<byte> bytes, int offset)
    {
        if (HasIntactFrame(bytes[(offset + 1)..]))
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"{path} is damaged at offset {offset} and has intact records behind it");
        }

        _file!.Truncate(offset);
    }

    private bool HasIntactFrame(ReadOnlyMemory<byte> bytes)
    {
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(magic, RecordFrame.Magic);
        for (int at = bytes.Span.IndexOf(magic); at >= 0;)
        {
            ReadOnlyMemory<byte> rest = bytes[at..];
            if (RecordFrame.TryDecode(rest, _fileId, RecordFrame.SequenceOf(rest.Span), out _)) return true;
            int next = rest.Span[1..].IndexOf(magic);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return false;
    }

    private static byte[] ReadAll(IDiskFile file, string path)
    {
        if (file.BytesLength > Array.MaxLength)
            throw new TsDbException(
                ErrorKind.TooLarge, $"{path} of {file.BytesLength} bytes is too long to read");
        byte[] bytes = new byte[file.BytesLength];
        for (int at = 0; at < bytes.Length;)
        {
            int read = file.ReadAt(at, bytes.AsSpan(at));
            if (read == 0) throw new TsDbException(ErrorKind.Corrupt, $"{path} ends early at offset {at}");
            at += read;
        }

        return bytes;
    }

    private static string PathOf(string folder, long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{folder}/{number:D8}{Suffix}");

    private void DeleteOlder()
    {
        foreach (string path in _disk.List(_folder))
        {
            if (NumberOf(path) is { } number && number < _number) _disk.Delete(path);
        }
    }
}
