using System.Buffers;

namespace TsDb.Adapters.Http.Results;

/// <summary>Text under construction, as UTF-8: grows as needed, is sent and used again. One thread.</summary>
internal sealed class Utf8Buffer
{
    // Of a cell or a name; most answers are smaller than the other.
    private const int BytesStart = 64;
    private const int RentedBytesStart = 16 * 1024;

    private readonly bool _isRented;
    private byte[] _bytes;

    /// <summary>A buffer for short texts.</summary>
    public Utf8Buffer() => _bytes = GC.AllocateUninitializedArray<byte>(BytesStart);

    private Utf8Buffer(byte[] rented) => (_bytes, _isRented) = (rented, true);

    /// <summary>A buffer for answers, in memory that is rented until the lease ends: made anew it would be
    /// more than most answers need in all.</summary>
    public static Lease Rent() => new(new Utf8Buffer(ArrayPool<byte>.Shared.Rent(RentedBytesStart)));

    /// <summary>Bytes so far.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Empties the buffer, which keeps its room.</summary>
    public void Clear() => Length = 0;

    /// <summary>Room for at least so many bytes; <see cref="Advance"/> says how many were used.</summary>
    public Span<byte> Room(int bytes)
    {
        if (_bytes.Length - Length < bytes) Grow(Length + bytes);
        return _bytes.AsSpan(Length);
    }

    /// <summary>Takes bytes of the room.</summary>
    public void Advance(int bytes) => Length += bytes;

    /// <summary>Adds one ASCII character.</summary>
    public void Append(char ascii)
    {
        Room(1)[0] = (byte)ascii;
        Length++;
    }

    /// <summary>Adds UTF-8 text.</summary>
    public void Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        Length += text.Length;
    }

    /// <summary>Adds text.</summary>
    public void Append(string text)
    {
        Span<byte> room = Room(text.Length * 3);
        Length += System.Text.Encoding.UTF8.GetBytes(text, room);
    }

    /// <summary>
    /// Adds a number in the invariant form; doubles with the fewest digits that read back as the same.
    /// </summary>
    public void AppendNumber<T>(T value)
        where T : IUtf8SpanFormattable
    {
        const int DigitsMax = 48;
        if (!value.TryFormat(
            Room(DigitsMax), out int written, default, System.Globalization.CultureInfo.InvariantCulture))
            throw new InvalidOperationException($"a number of more than {DigitsMax} characters");
        Length += written;
    }

    /// <summary>Adds a whole number of exactly so many digits.</summary>
    public void AppendDigits(long value, int digits)
    {
        Span<byte> room = Room(digits);
        for (int i = digits - 1; i >= 0; i--, value /= 10) room[i] = (byte)('0' + (value % 10));
        Length += digits;
    }

    /// <summary>Adds base 64 (RFC 4648).</summary>
    public void AppendBase64(ReadOnlySpan<byte> bytes)
    {
        Span<byte> room = Room(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(bytes.Length));
        OperationStatus status = System.Buffers.Text.Base64.EncodeToUtf8(bytes, room, out _, out int written);
        if (status != OperationStatus.Done)
            throw new InvalidOperationException("base 64 did not fit");
        Length += written;
    }

    private void Grow(int bytes)
    {
        bytes = Math.Max(bytes, (int)Math.Min(Array.MaxLength, _bytes.Length * 2L));
        byte[] larger = _isRented
            ? ArrayPool<byte>.Shared.Rent(bytes) : GC.AllocateUninitializedArray<byte>(bytes);
        Written.Span.CopyTo(larger);
        GiveBack();
        _bytes = larger;
    }

    private void GiveBack()
    {
        if (_isRented && _bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    /// <summary>A rented buffer; nobody may hold what was written when it ends.</summary>
    internal readonly record struct Lease(Utf8Buffer Text) : IDisposable
    {
        public void Dispose()
        {
            Text.Clear();
            Text.GiveBack();
        }
    }
}
