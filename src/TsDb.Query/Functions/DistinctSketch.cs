using System.Buffers.Binary;
using System.Numerics;

namespace TsDb.Query.Functions;

/// <summary>
/// HyperLogLog with 4,096 registers over 64-bit hashes: the number of distinct values with a standard error
/// of 1.6 %, in at most 4 KiB. Merging is a maximum, so its order changes nothing. The estimator is Ertl's
/// (2017), which needs no correction tables. Not safe for several threads.
/// </summary>
public sealed class DistinctSketch
{
    private const int IndexBits = 12;
    private const int Registers = 1 << IndexBits;
    private const int HashBits = 64 - IndexBits;
    private const int SparseMax = 256;
    private const int EntryBytes = 3;
    private const byte SparseForm = 1;
    private const byte DenseForm = 2;

    private Dictionary<ushort, byte>? _few = [];
    private byte[]? _all;

    /// <summary>About how many bytes it takes in memory.</summary>
    public int BytesInMemory => _all is null ? 64 + (_few!.Count * 16) : Registers;

    /// <summary>Counts the value with this hash.</summary>
    public void Add(ulong hash)
    {
        hash = Mixed(hash);
        ulong rest = (hash << IndexBits) | (1UL << (IndexBits - 1));
        Raise((ushort)(hash >> HashBits), (byte)(BitOperations.LeadingZeroCount(rest) + 1));
    }

    /// <summary>Counts everything that the other has counted.</summary>
    public void Add(DistinctSketch other)
    {
        if (other._all is { } all)
        {
            for (int i = 0; i < Registers; i++)
            {
                if (all[i] > 0) Raise((ushort)i, all[i]);
            }
        }
        else
        {
            foreach ((ushort register, byte rank) in other._few!) Raise(register, rank);
        }
    }

    /// <summary>The estimated number of distinct values.</summary>
    public long Estimate()
    {
        Span<int> ranks = stackalloc int[HashBits + 2];
        ranks.Clear();
        if (_all is null)
        {
            ranks[0] = Registers - _few!.Count;
            foreach (byte rank in _few.Values) ranks[rank]++;
        }
        else
        {
            foreach (byte rank in _all) ranks[rank]++;
        }

        double z = Registers * Tau(1 - ((double)ranks[HashBits + 1] / Registers));
        for (int k = HashBits; k >= 1; k--) z = 0.5 * (z + ranks[k]);
        z += Registers * Sigma((double)ranks[0] / Registers);
        return (long)Math.Round((double)Registers * Registers / (2 * Math.Log(2) * z));
    }

    /// <summary>The sketch as bytes, the same for the same registers.</summary>
    public byte[] ToBytes()
    {
        if (_all is not null) return [DenseForm, .. _all];
        byte[] bytes = new byte[1 + (EntryBytes * _few!.Count)];
        bytes[0] = SparseForm;
        int at = 1;
        foreach ((ushort register, byte rank) in _few.OrderBy(entry => entry.Key))
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), register);
            bytes[at + 2] = rank;
            at += EntryBytes;
        }

        return bytes;
    }

    /// <summary>Adds a sketch of <see cref="ToBytes"/>; throws <see cref="FormatException"/> for other
    /// bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        bool isSparse = bytes.Length % EntryBytes == 1 && bytes[0] == SparseForm;
        if (!isSparse && (bytes.Length != Registers + 1 || bytes[0] != DenseForm))
            throw new FormatException("this is no sketch of distinct values");
        for (int i = 1; !isSparse && i <= Registers; i++) Take(i - 1, bytes[i]);
        for (int i = 1; isSparse && i < bytes.Length; i += EntryBytes)
            Take(BinaryPrimitives.ReadUInt16LittleEndian(bytes[i..]), bytes[i + 2]);

        void Take(int register, byte rank)
        {
            if (register >= Registers || rank > HashBits + 1)
                throw new FormatException("this is no sketch of distinct values");
            if (rank > 0) Raise((ushort)register, rank);
        }
    }

    private void Raise(ushort register, byte rank)
    {
        if (_all is { } all)
        {
            if (all[register] < rank) all[register] = rank;
            return;
        }

        if (_few!.GetValueOrDefault(register) >= rank) return;
        _few![register] = rank;
        if (_few.Count <= SparseMax) return;
        _all = new byte[Registers];
        foreach ((ushort known, byte highest) in _few) _all[known] = highest;
        _few = null;
    }

    // The engine's hash of small integers is good, but nobody promises it: the finalizer of splitmix64.
    private static ulong Mixed(ulong hash)
    {
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        return hash ^ (hash >> 31);
    }

    private static double Sigma(double x)
    {
        if (x >= 1) return double.PositiveInfinity;
        (double y, double z, double before) = (1, x, double.NaN);
        while (z != before)
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }

        return z;
    }

    private static double Tau(double x)
    {
        if (x is <= 0 or >= 1) return 0;
        (double y, double z, double before) = (1, 1 - x, double.NaN);
        while (z != before)
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }

        return z / 3;
    }
}
