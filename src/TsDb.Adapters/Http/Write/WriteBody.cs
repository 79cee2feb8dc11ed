using System.Buffers;
using TsDb.Adapters.Hosting;

namespace TsDb.Adapters.Http.Write;

/// <summary>
/// The bytes of a request's body in pooled memory, and the room they take in the node's budget.
/// </summary>
internal sealed class WriteBody(ByteBudget budget) : IDisposable
{
    private byte[] _bytes = [];
    private long _taken;

    /// <summary>The body so far.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, Length);

    /// <summary>Bytes in the body so far.</summary>
    public int Length { get; private set; }

    /// <summary>Memory behind the body to read into.</summary>
    public Memory<byte> Free => _bytes.AsMemory(Length);

    /// <summary>Makes room for a body of so many bytes; false if the node had none in time.</summary>
    public async Task<bool> TryReserveAsync(int bytes, TimeSpan wait, CancellationToken ct)
    {
        if (bytes <= _bytes.Length) return true;
        long more = bytes - _taken;
        if (more > 0)
        {
            if (!await budget.TryTakeAsync(more, wait, ct)) return false;
            _taken += more;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(bytes);
        _bytes.AsSpan(0, Length).CopyTo(larger);
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
        return true;
    }

    /// <summary>Counts bytes that were read into <see cref="Free"/>.</summary>
    public void Advance(int bytes) => Length += bytes;

    /// <summary>Takes bytes away at the end.</summary>
    public void CutOff(int bytes) => Length -= bytes;

    /// <summary>Appends bytes for which room was made.</summary>
    public void Append(ReadOnlySequence<byte> bytes)
    {
        bytes.CopyTo(Free.Span);
        Length += (int)bytes.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        if (_taken > 0) budget.Return(_taken);
        _taken = 0;
    }
}
