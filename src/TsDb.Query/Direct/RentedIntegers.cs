using System.Buffers;

namespace TsDb.Query.Direct;

/// <summary>A list in an array that is rented: of the rows of a wide answer it is too large for the garbage
/// collector's young generation.</summary>
internal sealed class RentedIntegers : IDisposable
{
    private const int RoomStart = 4_096;

    private int[] _items = ArrayPool<int>.Shared.Rent(RoomStart);

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>All of them, until the next is added.</summary>
    public ReadOnlySpan<int> Items => _items.AsSpan(0, Count);

    /// <summary>Adds one so often.</summary>
    public void Add(int item, int times) => Room(times).Fill(item);

    /// <summary>Adds the numbers from one on.</summary>
    public void AddFrom(int first, int count)
    {
        Span<int> room = Room(count);
        for (int i = 0; i < room.Length; i++) room[i] = first + i;
    }

    /// <summary>Adds some.</summary>
    public void Add(ReadOnlySpan<int> items) => items.CopyTo(Room(items.Length));

    /// <summary>Takes the first ones out.</summary>
    public void RemoveFirst(int count)
    {
        Items[count..].CopyTo(_items);
        Count -= count;
    }

    /// <summary>Gives the array back.</summary>
    public void Dispose()
    {
        if (_items.Length > 0) ArrayPool<int>.Shared.Return(_items);
        (_items, Count) = ([], 0);
    }

    private Span<int> Room(int count)
    {
        int needed = checked(Count + count);
        if (needed > _items.Length)
        {
            int[] larger = ArrayPool<int>.Shared.Rent(
                (int)Math.Min(Array.MaxLength, Math.Max(needed, _items.Length * 2L)));
            Items.CopyTo(larger);
            ArrayPool<int>.Shared.Return(_items);
            _items = larger;
        }

        Count = needed;
        return _items.AsSpan(needed - count, count);
    }
}
