using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace TsDb.Adapters.Hosting;

/// <summary>
/// The memory that connections read into. The server's own pool has blocks of 4 KiB, which makes a system
/// call and a round through its pipe of every 4 KiB of a body; these blocks are larger. Connections that wait
/// hold none.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    private const int BlockBytes = 64 << 10;

    /// <summary>Blocks kept for the next connection; what is returned beyond them is let go.</summary>
    private const int KeptMax = 80;

    private readonly ConcurrentQueue<byte[]> _kept = new();

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockBytes;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (!_kept.TryDequeue(out byte[]? block))
            block = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);
        return new Block(this, block);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _kept.Clear();

    private void Return(byte[] block)
    {
        if (_kept.Count < KeptMax) _kept.Enqueue(block);
    }

    private sealed class Block(BlockPool pool, byte[] bytes) : IMemoryOwner<byte>
    {
        private byte[]? _bytes = bytes;

        public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _bytes, null) is { } returned) pool.Return(returned);
        }
    }

    /// <summary>Makes a pool for each of the server's queues, which disposes it.</summary>
    internal sealed class Factory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool();
    }
}
