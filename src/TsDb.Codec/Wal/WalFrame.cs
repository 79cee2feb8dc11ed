using System.Buffers.Binary;
using System.IO.Hashing;
using TsDb.Model;

namespace TsDb.Codec.Wal;

/// <summary>
/// One frame of the write-ahead log: one group commit, whole or not there. The bytes are drawn in FORMAT.md
/// beside this file; change both together.
/// </summary>
public readonly ref struct WalFrame
{
    /// <summary>Bytes in front of the payload.</summary>
    public const int HeaderLength = 40;

    /// <summary>The longest payload: what one group commit may have, with room to spare.</summary>
    public const int PayloadLengthMax = 1 << 29;

    /// <summary>The format version this code writes and reads.</summary>
    public const ushort VersionCurrent = 1;

    private const int VersionOffset = 4;
    private const int FileIdOffset = 8;
    private const int SequenceOffset = 16;
    private const int PreviousOffset = 24;
    private const int LengthOffset = 32;
    private const int CrcOffset = 36;

    private WalFrame(CommitSequence sequence, CommitSequence previous, ReadOnlySpan<byte> payload)
    {
        Sequence = sequence;
        Previous = previous;
        Payload = payload;
    }

    /// <summary>The first bytes of every frame: "TSWF".</summary>
    public static ReadOnlySpan<byte> Magic => "TSWF"u8;

    /// <summary>The commit that this frame is.</summary>
    public CommitSequence Sequence { get; }

    /// <summary>
    /// The last acknowledged commit before it. A frame between the two was refused and does not count.
    /// </summary>
    public CommitSequence Previous { get; }

    /// <summary>What was committed.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>
    /// Fills the header in front of a payload that already lies at <see cref="HeaderLength"/> in
    /// <paramref name="frame"/>.
    /// </summary>
    public static void Seal(
        Span<byte> frame, WalFileId file, CommitSequence sequence, CommitSequence previous)
    {
        int length = frame.Length - HeaderLength;
        if (length is < 0 or > PayloadLengthMax)
            throw new TsDbException(ErrorKind.TooLarge, $"a log frame cannot have {length} bytes");
        frame[..HeaderLength].Clear();
        Magic.CopyTo(frame);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[VersionOffset..], VersionCurrent);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[FileIdOffset..], file.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[SequenceOffset..], sequence.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[PreviousOffset..], previous.Value);
        BinaryPrimitives.WriteInt32LittleEndian(frame[LengthOffset..], length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[CrcOffset..], Checksum(frame));
    }

    /// <summary>
    /// The length that a frame of that file says it has, header included; false if the bytes are no header of
    /// one. Nothing but the whole frame proves it.
    /// </summary>
    public static bool TryLengthOf(ReadOnlySpan<byte> bytes, WalFileId file, out int frameLength)
    {
        frameLength = 0;
        if (bytes.Length < HeaderLength || !bytes.StartsWith(Magic)) return false;
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[FileIdOffset..]) != file.Value) return false;
        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[LengthOffset..]);
        if (length is < 0 or > PayloadLengthMax) return false;
        frameLength = HeaderLength + length;
        return true;
    }

    /// <summary>
    /// Reads the frame that begins at the first byte; false if there is no whole, undamaged frame of that
    /// file.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, WalFileId file, out WalFrame frame)
    {
        frame = default;
        if (!TryLengthOf(bytes, file, out int length) || bytes.Length < length) return false;
        ReadOnlySpan<byte> whole = bytes[..length];
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]) != Checksum(whole)) return false;
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[VersionOffset..]);
        FormatVersion.Require("a frame of the log", version, VersionCurrent, VersionCurrent);
        CommitSequence sequence = new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[SequenceOffset..]));
        CommitSequence previous = new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[PreviousOffset..]));
        frame = new WalFrame(sequence, previous, whole[HeaderLength..]);
        return true;
    }

    // CRC-32 (ISO 3309) of everything but the checksum itself: the header in front of it, then the payload.
    private static uint Checksum(ReadOnlySpan<byte> frame)
    {
        Crc32 crc = new();
        crc.Append(frame[..CrcOffset]);
        crc.Append(frame[HeaderLength..]);
        return crc.GetCurrentHashAsUInt32();
    }
}
