using System.Buffers;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Takes what is written to it in an array that is rented. A <see cref="MemoryStream"/> that grows to the
/// size of a batch of rows leaves as much again on the heap of large objects, whose collections were a
/// fifteenth of what wide rows cost the node that sends them.
/// </summary>
internal sealed class RentedBytes : Stream
{
    private const int BytesStart = 16 << 10;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(BytesStart);
    private int _length;

    /// <summary>What was written since the last <see cref="Clear"/>; valid until more is written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Forgets what was written, and keeps the array.</summary>
    public void Clear() => _length = 0;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => _length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_bytes.Length == 0, this);
        int needed = checked(_length + buffer.Length);
        if (needed > _bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(
                Array.MaxLength, Math.Max(needed, _bytes.Length * 2L)));
            Written.Span.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        buffer.CopyTo(_bytes.AsSpan(_length));
        _length = needed;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
        // All is here.
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Gives the array back: nobody may hold what was written.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            (_bytes, _length) = ([], 0);
        }

        base.Dispose(disposing);
    }
}
