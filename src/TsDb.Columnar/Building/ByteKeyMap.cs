using System.Buffers;
using System.IO.Hashing;

namespace TsDb.Columnar.Building;

/// <summary>
/// Numbers byte strings 0, 1, 2 ... in the order they are added, without an object per key: open addressing
/// over pooled arrays, the keys one behind the other in one buffer. The newest keys can be taken out again.
/// </summary>
/// <param name="seed">Keys the hash, so that a hostile writer cannot choose keys that collide.</param>
public sealed class ByteKeyMap(long seed) : IDisposable
{
    private const int SlotsStart = 64;

    private int[] _slots = RentSlots(SlotsStart);
    private int _mask = SlotsStart - 1;
    private ulong[] _hashes = ArrayPool<ulong>.Shared.Rent(SlotsStart / 2);
    private int[] _ends = ArrayPool<int>.Shared.Rent(SlotsStart / 2);
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(1_024);

    /// <summary>Number of keys.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of a key.</summary>
    public ReadOnlySpan<byte> this[int key] => _bytes.AsSpan(StartOf(key).._ends[key]);

    /// <summary>
    /// The number of a key, or -1. The hash is handed out for an <see cref="Add(ReadOnlySpan{byte}, ulong)"/>
    /// that follows.
    /// </summary>
    public int Find(ReadOnlySpan<byte> key, out ulong hash)
    {
        hash = XxHash3.HashToUInt64(key, seed);
        int slot = (int)hash & _mask;
        while (true)
        {
            int found = _slots[slot] - 1;
            if (found < 0) return -1;
            if (_hashes[found] == hash && this[found].SequenceEqual(key)) return found;
            slot = (slot + 1) & _mask;
        }
    }

    /// <summary>
    /// Adds a key that is not there yet, with the hash from <see cref="Find"/>; returns its number.
    /// </summary>
    public int Add(ReadOnlySpan<byte> key, ulong hash)
    {
        int start = Count == 0 ? 0 : _ends[Count - 1];
        Grow(ref _bytes, start, checked(start + key.Length));
        key.CopyTo(_bytes.AsSpan(start));
        Grow(ref _ends, Count, Count + 1);
        Grow(ref _hashes, Count, Count + 1);
        _ends[Count] = start + key.Length;
        _hashes[Count] = hash;
        Count++;
        if (Count * 2 > _mask + 1) Rehash((_mask + 1) * 2);
        else Place(Count - 1);
        return Count - 1;
    }

    /// <summary>Takes the newest keys out until <paramref name="count"/> are left.</summary>
    public void Truncate(int count)
    {
        // Nothing was placed after the newest key, so no search runs over its slot: it can simply be cleared.
        while (Count > count)
        {
            Count--;
            int slot = (int)_hashes[Count] & _mask;
            while (_slots[slot] != Count + 1) slot = (slot + 1) & _mask;
            _slots[slot] = 0;
        }
    }

    /// <summary>Gives the arrays back. The map must not be used any more.</summary>
    public void Dispose()
    {
        if (_slots.Length == 0) return;
        ArrayPool<int>.Shared.Return(_slots);
        ArrayPool<ulong>.Shared.Return(_hashes);
        ArrayPool<int>.Shared.Return(_ends);
        ArrayPool<byte>.Shared.Return(_bytes);
        _slots = _ends = [];
        _hashes = [];
        _bytes = [];
    }

    private static int[] RentSlots(int count)
    {
        int[] slots = ArrayPool<int>.Shared.Rent(count);
        slots.AsSpan(0, count).Clear();
        return slots;
    }

    private static void Grow<T>(ref T[] array, int used, int needed)
    {
        if (needed <= array.Length) return;
        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(needed, array.Length * 2));
        array.AsSpan(0, used).CopyTo(larger);
        ArrayPool<T>.Shared.Return(array);
        array = larger;
    }

    private int StartOf(int key) => key == 0 ? 0 : _ends[key - 1];

    private void Place(int key)
    {
        int slot = (int)_hashes[key] & _mask;
        while (_slots[slot] != 0) slot = (slot + 1) & _mask;
        _slots[slot] = key + 1;
    }

    private void Rehash(int slots)
    {
        ArrayPool<int>.Shared.Return(_slots);
        _slots = RentSlots(slots);
        _mask = slots - 1;
        for (int key = 0; key < Count; key++) Place(key);
    }
}
