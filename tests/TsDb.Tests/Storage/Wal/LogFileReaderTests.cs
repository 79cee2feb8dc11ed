using TsDb.Codec.Wal;
using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage.Ports;
using TsDb.Storage.Wal;

namespace TsDb.Tests.Storage.Wal;

public sealed class LogFileReaderTests
{
    private static readonly WalFileId File = new(0x1122334455667788);

    [Fact]
    public void Frames_come_back_in_order_whatever_their_size()
    {
        byte[] log = [.. Frame(1, 0, 10), .. Frame(2, 1, 0), .. Frame(5, 2, 3_000_000), .. Frame(6, 5, 1)];
        (List<(int, int, int)> frames, long whole, ulong later) = Read(log);
        Assert.Equal([(1, 0, 10), (2, 1, 0), (5, 2, 3_000_000), (6, 5, 1)], frames);
        Assert.Equal((log.Length, 0UL), (whole, later));
    }

    [Fact]
    public void A_tail_cut_anywhere_is_left_out()
    {
        byte[] first = Frame(1, 0, 50);
        byte[] log = [.. first, .. Frame(2, 1, 70)];
        for (int length = first.Length; length < log.Length; length++)
        {
            (List<(int, int, int)> frames, long whole, ulong later) = Read(log[..length]);
            Assert.Single(frames);
            Assert.Equal((first.Length, 0UL), (whole, later));
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
            Assert.Single(Read([.. first, .. damaged]).Frames);
        }
    }

    [Fact]
    public void Behind_a_damaged_middle_the_next_whole_frame_is_found()
    {
        byte[] first = Frame(1, 0, 40);
        foreach (int length in (int[])[40, 2_100_000])
        {
            byte[] middle = Frame(2, 1, length);
            for (int at = 0; at < middle.Length; at += Math.Max(1, middle.Length / 80))
            {
                byte[] damaged = [.. middle];
                damaged[at] ^= 0x01;
                (List<(int, int, int)> frames, long whole, ulong later) =
                    Read([.. first, .. damaged, .. Frame(3, 2, 40)]);
                Assert.Single(frames);
                Assert.Equal((first.Length, 3UL), (whole, later));
            }
        }
    }

    [Fact]
    public void Bytes_that_look_like_many_frames_are_passed_over_in_one_go()
    {
        byte[] noise = new byte[3_000_000];
        for (int at = 0; at + 4 < noise.Length; at += 4) WalFrame.Magic.CopyTo(noise.AsSpan(at));
        (List<(int, int, int)> frames, long whole, ulong later) =
            Read([.. Frame(1, 0, 4), .. noise, .. Frame(9, 1, 4)]);
        Assert.Single(frames);
        Assert.Equal((44, 9UL), (whole, later));
    }

    [Fact]
    public void Frames_of_another_file_are_never_valid()
    {
        byte[] stale = new byte[WalFrame.HeaderLength + 10];
        WalFrame.Seal(stale, new WalFileId(99), new CommitSequence(2), new CommitSequence(1));
        Assert.Single(Read([.. Frame(1, 0, 10), .. stale]).Frames);
    }

    [Fact]
    public void Pieces_come_back_and_wrong_lengths_are_corrupt()
    {
        ReadOnlyMemory<byte>[] pieces = [new byte[] { 1, 2, 3 }, Array.Empty<byte>(), new byte[] { 4 }];
        byte[] payload = new byte[WalPayload.LengthOf(pieces)];
        WalPayload.Write(payload, pieces);
        Assert.Equal([[1, 2, 3], [], [4]], WalPayload.Read(payload).Select(piece => piece.ToArray()));
        for (int length = 1; length < payload.Length; length++)
        {
            if (length is 7 or 11) continue;   // these ends lie between two pieces
            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<TsDbException>(
                () => WalPayload.Read(payload.AsMemory(0, length))).Kind);
        }
    }

    private static byte[] Frame(ulong sequence, ulong previous, int length)
    {
        byte[] frame = new byte[WalFrame.HeaderLength + length];
        for (int i = WalFrame.HeaderLength; i < frame.Length; i++) frame[i] = (byte)(i * 7);
        WalFrame.Seal(frame, File, new CommitSequence(sequence), new CommitSequence(previous));
        return frame;
    }

    private static (List<(int Sequence, int Previous, int Length)> Frames, long Whole, ulong Later) Read(
        byte[] log)
    {
        FaultyDisk disk = new(1);
        using (IDiskFile file = disk.Create("x.wal")) file.Append(log);
        List<(int, int, int)> frames = [];
        LogFileReader reader = new(disk.Open("x.wal"), "x.wal", File);
        while (reader.TryRead(out WalFrame frame, out _))
            frames.Add(((int)frame.Sequence.Value, (int)frame.Previous.Value, frame.Payload.Length));
        long whole = reader.Offset;
        return (frames, whole, reader.TrySkipToNext(out CommitSequence later) ? later.Value : 0);
    }
}
