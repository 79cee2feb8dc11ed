using System.Buffers.Binary;

namespace TsDb.Tests.Fuzz;

/// <summary>
/// Makes inputs of good ones: bits turned, bytes and pieces put in, taken out, doubled, mixed.
/// </summary>
internal static class Mutator
{
    private const int BytesMax = 1 << 16;

    private static readonly long[] Numbers =
    [
        0, 1, -1, 127, 128, 255, 256, short.MaxValue, ushort.MaxValue, 65_536, int.MaxValue, int.MinValue,
        uint.MaxValue, 1L << 32, 1L << 53, long.MaxValue, long.MinValue,
    ];

    /// <summary>The input of a number; the same number always gives the same one.</summary>
    public static byte[] Make(FuzzTarget target, long seed, long number)
    {
        Random random = new(HashCode.Of(seed, number));
        List<byte> bytes = [.. target.Seeds[random.Next(target.Seeds.Count)]];
        int changes = 1 + random.Next(random.Next(8) == 0 ? 24 : 4);
        for (int i = 0; i < changes && bytes.Count <= BytesMax; i++) Change(bytes, target, random);
        return [.. bytes];
    }

    private static void Change(List<byte> bytes, FuzzTarget target, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(bytes.Count - at, 1 + random.Next(random.Next(4) == 0 ? 64 : 6));
        switch (random.Next(10))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                byte[] piece = [.. bytes.GetRange(at, length)];
                for (int times = 1 + random.Next(random.Next(8) == 0 ? 40 : 3); times > 0; times--)
                    bytes.InsertRange(at, piece);
                break;
            case 5 when target.Seeds.Count > 1:
                byte[] other = target.Seeds[random.Next(target.Seeds.Count)];
                int from = random.Next(other.Length + 1);
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other[from..]);
                break;
            case 6 when random.Next(4) == 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 7:
                OverwriteNumber(bytes, at, random);
                break;
            default:
                if (target.Words.Count == 0) goto case 2;
                bytes.InsertRange(at, target.Words[random.Next(target.Words.Count)]);
                break;
        }
    }

    private static void OverwriteNumber(List<byte> bytes, int at, Random random)
    {
        byte[] number = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, Numbers[random.Next(Numbers.Length)]);
        int width = 1 << random.Next(4);
        for (int i = 0; i < width && at + i < bytes.Count; i++) bytes[at + i] = number[i];
    }

    /// <summary>Mixes two numbers well and alike on every run.</summary>
    private static class HashCode
    {
        public static int Of(long seed, long number)
        {
            ulong mixed = unchecked(((ulong)seed * 0x9E3779B97F4A7C15) + (ulong)number + 0x632BE59BD9B4E019);
            mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
            mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
            return (int)(mixed >> 33);
        }
    }
}
