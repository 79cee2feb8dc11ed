namespace TsDb.Columnar.Transfer;

/// <summary>
/// Undoes <see cref="RangeEncoder"/>. Behind the end it reads zeros: whoever asks knows how much there is to
/// ask for, and a hash over the result finds what is wrong.
/// </summary>
internal ref struct RangeDecoder : IBitCoder
{
    private const uint RangeMin = 1u << 24;

    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;
    private uint _code;
    private uint _range = uint.MaxValue;

    public RangeDecoder(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;

        // The encoder's first byte is always zero.
        const int BytesOfCode = 5;
        for (int i = 0; i < BytesOfCode; i++) _code = (_code << 8) | Next();
    }

    /// <inheritdoc/>
    public int Bit(int bit, ref BitModel model)
    {
        uint bound = (_range >> BitModel.Bits) * model.ZeroChance;
        if (_code < bound)
        {
            _range = bound;
            bit = 0;
        }
        else
        {
            _code -= bound;
            _range -= bound;
            bit = 1;
        }

        model.Learn(bit);
        while (_range < RangeMin)
        {
            _range <<= 8;
            _code = (_code << 8) | Next();
        }

        return bit;
    }

    /// <inheritdoc/>
    public ulong Direct(ulong bits, int count)
    {
        bits = 0;
        for (int i = 0; i < count; i++)
        {
            _range >>= 1;
            bool isOne = _code >= _range;
            if (isOne) _code -= _range;
            bits = (bits << 1) | (isOne ? 1u : 0u);
            while (_range < RangeMin)
            {
                _range <<= 8;
                _code = (_code << 8) | Next();
            }
        }

        return bits;
    }

    private uint Next() => _at < _bytes.Length ? _bytes[_at++] : (uint)0;
}
