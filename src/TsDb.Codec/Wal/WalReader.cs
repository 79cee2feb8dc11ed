using System.Globalization;
using TsDb.Model;

namespace TsDb.Codec.Wal;

/// <summary>
/// Reads the frames of one log file in order. It stops at a torn tail (bytes behind the last whole frame that
/// no later frame follows: a write that never ended) and throws <see cref="ErrorKind.Corrupt"/> for a damaged
/// middle (a later frame of the same file follows, so what is damaged had been acknowledged).
/// </summary>
public ref struct WalReader(string fileName, WalFileId file, ReadOnlySpan<byte> log)
{
    private readonly ReadOnlySpan<byte> _log = log;
    private CommitSequence _last;

    /// <summary>Length of the whole frames read so far; at the end, where the torn tail begins.</summary>
    public int WholeLength { get; private set; }

    /// <summary>Reads the next frame; false at the end of the file or at its torn tail.</summary>
    public bool TryRead(out WalFrame frame)
    {
        ReadOnlySpan<byte> rest = _log[WholeLength..];
        if (!WalFrame.TryDecode(rest, file, out frame))
        {
            RefuseDamagedMiddle(rest);
            return false;
        }

        if (frame.Sequence.CompareTo(_last) <= 0 || frame.Previous.CompareTo(frame.Sequence) >= 0)
            throw Corrupt(WholeLength, $"commit {frame.Sequence.Value} stands behind commit {_last.Value}");
        _last = frame.Sequence;
        WholeLength += WalFrame.HeaderLength + frame.Payload.Length;
        return true;
    }

    private readonly void RefuseDamagedMiddle(ReadOnlySpan<byte> rest)
    {
        for (int at = 1; at < rest.Length; at++)
        {
            int found = rest[at..].IndexOf(WalFrame.Magic);
            if (found < 0) return;
            at += found;
            if (WalFrame.TryDecode(rest[at..], file, out WalFrame later))
                throw Corrupt(WholeLength, $"commit {later.Sequence.Value} follows whole");
        }
    }

    private readonly TsDbException Corrupt(int offset, string why) => new(
        ErrorKind.Corrupt,
        string.Create(
            CultureInfo.InvariantCulture,
            $"log file {fileName} is damaged at offset {offset}: {why}; restore the file or move it away"));
}
