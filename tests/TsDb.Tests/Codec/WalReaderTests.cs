using TsDb.Codec.Wal;
using TsDb.Model;

namespace TsDb.Tests.Codec;

public sealed class WalReaderTests
{
    private static readonly WalFileId File = new(0x1122334455667788);

    [Fact]
    public void Frames_come_back_in_order()
    {
        byte[] log = [.. Frame(1, 0, 10), .. Frame(2, 1, 0), .. Frame(5, 2, 3_000)];
        Assert.Equal([(1, 0, 10), (2, 1, 0), (5, 2, 3_000)], Read(log, out int whole));
        Assert.Equal(log.Length, whole);
    }

    [Fact]
    public void A_tail_cut_anywhere_is_left_out()
    {
        byte[] first = Frame(1, 0, 50);
        byte[] log = [.. first, .. Frame(2, 1, 70)];
        for (int length = first.Length; length < log.Length; length++)
        {
            Assert.Single(Read(log[..length], out int whole));
            Assert.Equal(first.Length, whole);
        }
    }

    [Fact]
    public void A_flipped_bit_anywhere_in_the_last_frame_ends_the_log_there()
    {
        byte[] first = Frame(1, 0, 5);
        byte[] last = Frame(2, 1, 20);
        for (int at = 0; at < last.Length; at++)
        {
            byte[] damaged = [.. last];
            damaged[at] ^= 0x10;
            Assert.Single(Read([.. first, .. damaged], out _));
        }
    }

    [Fact]
    public void A_damaged_middle_is_refused_with_file_and_offset()
    {
        byte[] first = Frame(1, 0, 40);
        byte[] middle = Frame(2, 1, 40);
        for (int at = 0; at < middle.Length; at++)
        {
            byte[] damaged = [.. middle];
            damaged[at] ^= 0x01;
            TsDbException error = Assert.Throws<TsDbException>(
                () => Read([.. first, .. damaged, .. Frame(3, 2, 40)], out _));
            Assert.Equal(ErrorKind.Corrupt, error.Kind);
            Assert.Contains(
                "x.wal is damaged at offset " + first.Length, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Frames_of_another_file_are_never_valid()
    {
        byte[] stale = new byte[WalFrame.HeaderLength + 10];
        WalFrame.Seal(stale, new WalFileId(99), new CommitSequence(2), new CommitSequence(1));
        Assert.Single(Read([.. Frame(1, 0, 10), .. stale], out _));
    }

    [Fact]
    public void Frames_that_run_backwards_are_refused() =>
        Assert.Throws<TsDbException>(() => Read([.. Frame(2, 1, 1), .. Frame(2, 1, 1)], out _));

    [Fact]
    public void Pieces_come_back_and_wrong_lengths_are_corrupt()
    {
        ReadOnlyMemory<byte>[] pieces = [new byte[] { 1, 2, 3 }, Array.Empty<byte>(), new byte[] { 4 }];
        byte[] payload = new byte[WalPayload.LengthOf(pieces)];
        WalPayload.Write(payload, pieces);
        Assert.Equal([[1, 2, 3], [], [4]], WalPayload.Read(payload));
        for (int length = 1; length < payload.Length; length++)
        {
            if (length is 7 or 11) continue;   // these ends lie between two pieces
            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<TsDbException>(
                () => WalPayload.Read(payload.AsSpan(0, length))).Kind);
        }
    }

    private static byte[] Frame(ulong sequence, ulong previous, int length)
    {
        byte[] frame = new byte[WalFrame.HeaderLength + length];
        for (int i = WalFrame.HeaderLength; i < frame.Length; i++) frame[i] = (byte)(i * 7);
        WalFrame.Seal(frame, File, new CommitSequence(sequence), new CommitSequence(previous));
        return frame;
    }

    private static List<(int Sequence, int Previous, int Length)> Read(byte[] log, out int wholeLength)
    {
        List<(int, int, int)> frames = [];
        WalReader reader = new("x.wal", File, log);
        while (reader.TryRead(out WalFrame frame))
            frames.Add(((int)frame.Sequence.Value, (int)frame.Previous.Value, frame.Payload.Length));
        wholeLength = reader.WholeLength;
        return frames;
    }
}
