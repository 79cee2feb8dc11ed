using TsDb.Columnar.Parquet;

namespace TsDb.Columnar.Transfer;

/// <summary>
/// Range coding (G. N. N. Martin, 1979) of bits, with carries kept back as LZMA does it. Bits in, bytes out.
/// </summary>
internal struct RangeEncoder(ByteSink sink) : IBitCoder
{
    private const uint RangeMin = 1u << 24;

    private ulong _low;
    private uint _range = uint.MaxValue;
    private byte _held;
    private long _heldCount = 1;

    /// <inheritdoc/>
    public int Bit(int bit, ref BitModel model)
    {
        uint bound = (_range >> BitModel.Bits) * model.ZeroChance;
        if (bit == 0)
        {
            _range = bound;
        }
        else
        {
            _low += bound;
            _range -= bound;
        }

        model.Learn(bit);
        while (_range < RangeMin)
        {
            _range <<= 8;
            Shift();
        }

        return bit;
    }

    /// <inheritdoc/>
    public ulong Direct(ulong bits, int count)
    {
        for (int left = count - 1; left >= 0; left--)
        {
            _range >>= 1;
            if (((bits >> left) & 1) != 0) _low += _range;
            while (_range < RangeMin)
            {
                _range <<= 8;
                Shift();
            }
        }

        return bits;
    }

    /// <summary>Writes what is held back; zero bytes at the end are left out, readers add them.</summary>
    public void Finish()
    {
        const int BytesOfLow = 5;
        int before = sink.Length;
        for (int i = 0; i < BytesOfLow; i++) Shift();
        int length = sink.Length;
        while (length > before && sink.Written[length - 1] == 0) length--;
        sink.Trim(length);
    }

    private void Shift()
    {
        if (_low is < 0xFF000000 or > uint.MaxValue)
        {
            byte carry = (byte)(_low >> 32);
            for (; _heldCount > 0; _heldCount--)
            {
                sink.Write((byte)(_held + carry));
                _held = 0xFF;
            }

            _held = (byte)(_low >> 24);
        }

        _heldCount++;
        _low = (_low & 0x00FFFFFF) << 8;
    }
}
