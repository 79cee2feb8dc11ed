using System.Globalization;
using TsDb.Codec.Wal;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Wal;

/// <summary>
/// Reads the frames of one log file in order. Small ones come through a window, large ones are read to where
/// they stay, so that a long log costs one copy and the memory of one frame.
/// </summary>
internal sealed class LogFileReader(IDiskFile file, string name, WalFileId id)
{
    private const int WindowBytes = 256 << 10;

    private readonly long _length = file.BytesLength;
    private readonly byte[] _window = new byte[WindowBytes];
    private long _windowAt;
    private int _windowFilled;

    /// <summary>Where the next frame begins; at the end, where the whole frames end.</summary>
    public long Offset { get; private set; }

    /// <summary>Size of the file.</summary>
    public long BytesLength => _length;

    /// <summary>
    /// Reads the next frame, in memory of its own; false if no whole, undamaged one begins at
    /// <see cref="Offset"/>.
    /// </summary>
    public bool TryRead(out WalFrame frame, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (!TryDecode(Offset, out frame, out byte[] bytes)) return false;
        payload = bytes.AsMemory(WalFrame.HeaderLength);
        Offset += bytes.Length;
        return true;
    }

    /// <summary>
    /// Looks behind a place where no frame begins for the next whole one, and goes there; false if there is
    /// none.
    /// </summary>
    public bool TrySkipToNext(out CommitSequence next)
    {
        next = default;
        for (long at = Offset + 1; at < _length;)
        {
            ReadOnlySpan<byte> bytes = Window(at, WalFrame.HeaderLength);
            int found = bytes.IndexOf(WalFrame.Magic);
            if (found < 0)
            {
                at += Math.Max(1, bytes.Length - WalFrame.Magic.Length + 1);
                continue;
            }

            at += found;
            if (TryDecode(at, out WalFrame frame, out _))
            {
                (Offset, next) = (at, frame.Sequence);
                return true;
            }

            at++;
        }

        return false;
    }

    /// <summary>The refusal of a file with acknowledged bytes that cannot be read.</summary>
    public TsDbException Corrupt(long offset, string why) => new(
        ErrorKind.Corrupt,
        string.Create(
            CultureInfo.InvariantCulture,
            $"log file {name} is damaged at offset {offset}: {why}. Restore the file, or run "
            + $"'tsdb wal salvage' on the data directory to keep every whole commit and lose the damaged"));

    private bool TryDecode(long offset, out WalFrame frame, out byte[] bytes)
    {
        frame = default;
        bytes = [];
        ReadOnlySpan<byte> seen = Window(offset, WalFrame.HeaderLength);
        bool isHeader = WalFrame.TryLengthOf(seen, id, out int length);
        if (!isHeader || length > _length - offset) return false;
        bytes = GC.AllocateUninitializedArray<byte>(length);
        seen = seen[..Math.Min(length, seen.Length)];
        seen.CopyTo(bytes);
        int filled = seen.Length + Fill(offset + seen.Length, bytes.AsSpan(seen.Length));
        return filled == length && WalFrame.TryDecode(bytes, id, out frame);
    }

    /// <summary>The bytes from an offset on: at least so many, unless the file ends before.</summary>
    private ReadOnlySpan<byte> Window(long offset, int least)
    {
        long end = _windowAt + _windowFilled;
        bool isInside = offset >= _windowAt && offset <= end && (end - offset >= least || end == _length);
        if (!isInside)
        {
            (_windowAt, _windowFilled) = (offset, Fill(offset, _window));
            end = _windowAt + _windowFilled;
        }

        return _window.AsSpan((int)(offset - _windowAt), (int)(end - offset));
    }

    private int Fill(long offset, Span<byte> destination)
    {
        int filled = 0;
        while (filled < destination.Length)
        {
            int read = file.ReadAt(offset + filled, destination[filled..]);
            if (read == 0) break;
            filled += read;
        }

        return filled;
    }
}
