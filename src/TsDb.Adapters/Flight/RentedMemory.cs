using System.Buffers;
using Apache.Arrow.Memory;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Room for rows that are read, from the pool of arrays. Arrow's own allocator takes it from the system and
/// clears it, only for it to be overwritten: a fifth of what a wide answer took at the node that reads it. A
/// batch that is not disposed leaves its array to the garbage collector.
/// </summary>
internal sealed class RentedMemory : MemoryAllocator
{
    /// <summary>The one there is.</summary>
    public static RentedMemory Shared { get; } = new();

    /// <inheritdoc/>
    protected override IMemoryOwner<byte> AllocateInternal(int length, out int bytesAllocated)
    {
        IMemoryOwner<byte> rented = MemoryPool<byte>.Shared.Rent(length);
        bytesAllocated = rented.Memory.Length;
        return rented;
    }
}
