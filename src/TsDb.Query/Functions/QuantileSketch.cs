using System.Runtime.InteropServices;

namespace TsDb.Query.Functions;

/// <summary>
/// DDSketch (Masson, Rim and Lee, 2019): quantiles whose relative error is at most 1 %, whatever the
/// distribution. Values are counted in buckets that grow by a constant factor, so merging is addition and
/// its order changes nothing. Infinities count as the ends and NaN as the greatest value, as in SQL's order.
/// Not safe for several threads.
/// </summary>
public sealed class QuantileSketch
{
    /// <summary>The greatest relative error of an answer.</summary>
    public const double RelativeError = 0.01;

    private const double Gamma = (1 + RelativeError) / (1 - RelativeError);
    private const byte Form = 1;

    // Below it a value counts as zero: powers of the factor would leave the range of doubles.
    private const double LeastMagnitude = 1e-300;

    // Added to the factor's exponent, so that the sign of a bucket is that of its values.
    private const int Middle = 40_000;

    private static readonly double LogGamma = Math.Log(Gamma);

    // Buckets are numbered in the order of their values.
    private readonly Dictionary<int, long> _counts = [];
    private double _least = double.PositiveInfinity;
    private double _greatest = double.NegativeInfinity;

    /// <summary>How many values were counted.</summary>
    public long Count { get; private set; }

    /// <summary>About how many bytes it takes in memory.</summary>
    public int BytesInMemory => 128 + (_counts.Count * 64);

    /// <summary>Counts a value.</summary>
    public void Add(double value)
    {
        if (double.IsFinite(value)) (_least, _greatest) = (
            Math.Min(_least, value), Math.Max(_greatest, value));
        Add(BucketOf(value), 1);
    }

    /// <summary>Counts everything that the other has counted.</summary>
    public void Add(QuantileSketch other)
    {
        (_least, _greatest) = (Math.Min(_least, other._least), Math.Max(_greatest, other._greatest));
        foreach ((int bucket, long count) in other._counts) Add(bucket, count);
    }

    /// <summary>The value at a share of the order, from 0 (least) to 1 (greatest); null if nothing was
    /// counted.</summary>
    public double? Quantile(double share)
    {
        if (Count == 0) return null;
        long rank = (long)Math.Floor(Math.Clamp(share, 0, 1) * (Count - 1));
        foreach ((int bucket, long count) in _counts.OrderBy(entry => entry.Key))
        {
            if ((rank -= count) >= 0) continue;
            double value = ValueOf(bucket);
            return double.IsFinite(value) ? Math.Clamp(value, _least, _greatest) : value;
        }

        return null;
    }

    /// <summary>The sketch as bytes.</summary>
    public byte[] ToBytes()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(Form);
        writer.Write(_least);
        writer.Write(_greatest);
        writer.Write7BitEncodedInt(_counts.Count);
        int last = 0;
        foreach ((int bucket, long count) in _counts.OrderBy(entry => entry.Key))
        {
            writer.Write7BitEncodedInt(unchecked(bucket - last));
            writer.Write7BitEncodedInt64(count);
            last = bucket;
        }

        return stream.ToArray();
    }

    /// <summary>Adds a sketch of <see cref="ToBytes"/>; throws <see cref="FormatException"/> for other
    /// bytes.</summary>
    public void Add(byte[] bytes)
    {
        try
        {
            using BinaryReader reader = new(new MemoryStream(bytes, writable: false));
            if (reader.ReadByte() != Form) throw new FormatException("this is no sketch of quantiles");
            _least = Math.Min(_least, reader.ReadDouble());
            _greatest = Math.Max(_greatest, reader.ReadDouble());
            int bucket = 0;
            for (int left = reader.Read7BitEncodedInt(); left > 0; left--)
            {
                bucket = unchecked(bucket + reader.Read7BitEncodedInt());
                long count = reader.Read7BitEncodedInt64();
                if (count <= 0) throw new FormatException("this is no sketch of quantiles");
                Add(bucket, count);
            }
        }
        catch (EndOfStreamException cut)
        {
            throw new FormatException("this sketch of quantiles is cut off", cut);
        }
    }

    private void Add(int bucket, long count)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, bucket, out _) += count;
        Count += count;
    }

    private static int BucketOf(double value)
    {
        if (double.IsNaN(value)) return int.MaxValue;
        if (double.IsInfinity(value)) return value > 0 ? int.MaxValue - 1 : int.MinValue;
        double magnitude = Math.Abs(value);
        if (magnitude < LeastMagnitude) return 0;
        int bucket = (int)Math.Ceiling(Math.Log(magnitude) / LogGamma) + Middle;
        return value > 0 ? bucket : -bucket;
    }

    private static double ValueOf(int bucket) => bucket switch
    {
        int.MaxValue => double.NaN,
        int.MaxValue - 1 => double.PositiveInfinity,
        int.MinValue => double.NegativeInfinity,
        0 => 0,
        > 0 => 2 * Math.Exp((bucket - Middle) * LogGamma) / (Gamma + 1),
        _ => -2 * Math.Exp((-bucket - Middle) * LogGamma) / (Gamma + 1),
    };
}
