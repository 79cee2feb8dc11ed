namespace TsDb.Storage.Ingest;

/// <summary>
/// A set of 64-bit hashes in one array. One thread at a time may add, any may look: what it looks up while an
/// addition is under way may be found or not.
/// </summary>
internal sealed class TagValueSet
{
    private const int SlotsStart = 16;

    private ulong[] _slots = new ulong[SlotsStart];
    private int _count;

    /// <summary>Hashes in the set.</summary>
    public int Count => Volatile.Read(ref _count);

    public bool Contains(ulong hash)
    {
        ulong[] slots = Volatile.Read(ref _slots);
        return Volatile.Read(ref slots[Place(slots, Key(hash))]) != 0;
    }

    /// <summary>False if it was there.</summary>
    public bool Add(ulong hash)
    {
        ulong key = Key(hash);
        int place = Place(_slots, key);
        if (_slots[place] != 0) return false;
        Volatile.Write(ref _slots[place], key);
        Volatile.Write(ref _count, _count + 1);
        if (_count * 4L > _slots.Length * 3L) Grow();
        return true;
    }

    // Zero means a free slot.
    private static ulong Key(ulong hash) => hash == 0 ? 1 : hash;

    /// <summary>Where the key is, or the free slot where it would be.</summary>
    private static int Place(ulong[] slots, ulong key)
    {
        int mask = slots.Length - 1;
        int at = (int)key & mask;
        while (Volatile.Read(ref slots[at]) is not 0 and ulong found && found != key) at = (at + 1) & mask;
        return at;
    }

    private void Grow()
    {
        ulong[] larger = new ulong[_slots.Length * 2];
        foreach (ulong key in _slots)
            if (key != 0) larger[Place(larger, key)] = key;
        Volatile.Write(ref _slots, larger);
    }
}
