using System.Runtime.Intrinsics;
using TsDb.Model;

namespace TsDb.Codec.LineProtocol;

/// <summary>
/// The fields that lines are expected to have, in this order, for <see cref="LineReader.ReadUsual"/>: names
/// as written with the '=' behind them, and types. A name longer than <see cref="NameBytesMax"/> ends the
/// guessing there.
/// </summary>
public sealed class FieldGuesses
{
    /// <summary>The longest name that is guessed, '=' included: what one comparison covers.</summary>
    public const int NameBytesMax = 32;

    private byte[] _names = new byte[16 * NameBytesMax];
    private (uint Mask, int Length, FieldType Type)[] _fields = new (uint, int, FieldType)[16];

    /// <summary>Number of fields.</summary>
    public int Count { get; private set; }

    /// <summary>Appends a field.</summary>
    public void Add(ReadOnlySpan<byte> nameAssigned, FieldType type)
    {
        if (Count == _fields.Length)
        {
            Array.Resize(ref _fields, 2 * Count);
            Array.Resize(ref _names, _fields.Length * NameBytesMax);
        }

        int length = nameAssigned.Length <= NameBytesMax ? nameAssigned.Length : 0;
        Span<byte> name = _names.AsSpan(Count * NameBytesMax, NameBytesMax);
        name.Clear();
        nameAssigned[..length].CopyTo(name);
        _fields[Count++] = (length == NameBytesMax ? uint.MaxValue : (1u << length) - 1, length, type);
    }

    /// <summary>Takes the last fields out again until <paramref name="count"/> are left.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>
    /// The length of a field's name if <paramref name="window"/>, of at least <see cref="NameBytesMax"/>
    /// bytes, begins with it; 0 if it does not.
    /// </summary>
    public int Match(int field, ReadOnlySpan<byte> window, out FieldType type)
    {
        (uint mask, int length, type) = _fields[field];
        ReadOnlySpan<byte> name = _names.AsSpan(field * NameBytesMax, NameBytesMax);
        if (!Vector256.IsHardwareAccelerated) return MatchByBytes(name[..length], window);
        uint differs = ~Vector256.Equals(Vector256.Create(name), Vector256.Create(window))
            .ExtractMostSignificantBits();
        return (differs & mask) == 0 ? length : 0;
    }

    /// <summary>What <see cref="Match"/> does where there are no vectors of 32 bytes.</summary>
    public static int MatchByBytes(ReadOnlySpan<byte> name, ReadOnlySpan<byte> window) =>
        window.StartsWith(name) ? name.Length : 0;
}
