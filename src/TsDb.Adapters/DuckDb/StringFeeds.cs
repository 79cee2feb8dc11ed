using System.Runtime.InteropServices;
using Apache.Arrow;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// A string of DuckDB as it lies in a vector: length, then the bytes inline if there are at most 12; else
/// their first four and a pointer.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct DuckString
{
    public const int InlineBytesMax = 12;

    [FieldOffset(0)]
    private uint _bytesLength;

    [FieldOffset(4)]
    private fixed byte _inline[InlineBytesMax];

    [FieldOffset(8)]
    private byte* _text;

    /// <summary>A string that fits into the value itself.</summary>
    public static DuckString Inline(ReadOnlySpan<byte> text)
    {
        DuckString value = default;
        value._bytesLength = (uint)text.Length;
        text.CopyTo(new Span<byte>(value._inline, InlineBytesMax));
        return value;
    }

    /// <summary>A longer string whose bytes the caller keeps in place while the value is in use.</summary>
    public static DuckString Pointing(byte* text, int bytesLength)
    {
        DuckString value = Inline(new ReadOnlySpan<byte>(text, 4));
        value._bytesLength = (uint)bytesLength;
        value._text = text;
        return value;
    }
}

/// <summary>Text or bytes, each row its own.</summary>
internal sealed unsafe class TextFeed(ArrayData data) : ColumnFeed
{
    public override void Fill(nint vector, int start, int count)
    {
        ReadOnlySpan<int> offsets =
            MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span)[(data.Offset + start)..];
        ReadOnlySpan<byte> bytes = data.Buffers[2].Span;
        DuckString* target = (DuckString*)DuckDbNative.VectorGetData(vector);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> value = bytes.Slice(offsets[i], offsets[i + 1] - offsets[i]);
            if (value.Length <= DuckString.InlineBytesMax)
            {
                target[i] = DuckString.Inline(value);
                continue;
            }

            fixed (byte* text = value)
                DuckDbNative.VectorAssignString(vector, (ulong)i, text, (ulong)value.Length);
        }

        Validity.Copy(data, vector, start, 0, count);
    }
}

/// <summary>
/// The distinct strings that many rows point to, made ready once for a batch: a row then costs one 16-byte
/// copy. Long strings lie in pinned memory of this object, which must live as long as the query.
/// </summary>
internal sealed unsafe class StringTable
{
    private readonly byte[] _long;

    public StringTable(ArrayData strings)
    {
        ReadOnlySpan<int> offsets = MemoryMarshal.Cast<byte, int>(strings.Buffers[1].Span)[strings.Offset..];
        ReadOnlySpan<byte> bytes = strings.Buffers[2].Span;
        ReadOnlySpan<byte> bitmap = Validity.HasNulls(strings) ? strings.Buffers[0].Span : default;
        Values = new DuckString[strings.Length];
        IsNull = new bool[strings.Length];
        int longBytes = 0;
        for (int i = 0; i < strings.Length; i++)
        {
            int length = offsets[i + 1] - offsets[i];
            if (length > DuckString.InlineBytesMax) longBytes = checked(longBytes + length);
        }

        _long = GC.AllocateUninitializedArray<byte>(longBytes, pinned: true);
        byte* next = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(
            ref MemoryMarshal.GetArrayDataReference(_long));
        for (int i = 0; i < strings.Length; i++)
        {
            IsNull[i] = !Validity.IsValid(bitmap, strings.Offset + i);
            HasNulls |= IsNull[i];
            ReadOnlySpan<byte> text = bytes[offsets[i]..offsets[i + 1]];
            if (text.Length <= DuckString.InlineBytesMax)
            {
                Values[i] = DuckString.Inline(text);
                continue;
            }

            text.CopyTo(new Span<byte>(next, text.Length));
            Values[i] = DuckString.Pointing(next, text.Length);
            next += text.Length;
        }

        // Spans do not hold memory outside the heap, where Arrow's builders put theirs.
        GC.KeepAlive(strings);
    }

    public DuckString[] Values { get; }

    public bool[] IsNull { get; }

    public bool HasNulls { get; }
}

/// <summary>A tag: each row names its series, each series has one string.</summary>
internal sealed unsafe class IndexedTextFeed(ArrayData indexes, StringTable table) : ColumnFeed
{
    public override void Fill(nint vector, int start, int count)
    {
        ReadOnlySpan<int> rows =
            MemoryMarshal.Cast<byte, int>(indexes.Buffers[1].Span).Slice(indexes.Offset + start, count);
        ReadOnlySpan<DuckString> values = table.Values;
        Span<DuckString> target = new(DuckDbNative.VectorGetData(vector), count);
        ReadOnlySpan<byte> bitmap = Validity.HasNulls(indexes) ? indexes.Buffers[0].Span : default;
        if (!table.HasNulls && bitmap.IsEmpty)
        {
            for (int i = 0; i < rows.Length; i++) target[i] = values[rows[i]];
            return;
        }

        ulong* words = Validity.Writable(vector);
        for (int i = 0; i < rows.Length; i++)
        {
            bool isNull = !Validity.IsValid(bitmap, indexes.Offset + start + i) || table.IsNull[rows[i]];
            target[i] = isNull ? default : values[rows[i]];
            if (isNull) Validity.Clear(words, i);
        }
    }
}

/// <summary>One string for every row, such as the edge.</summary>
internal sealed unsafe class ConstantTextFeed(StringTable table) : ColumnFeed
{
    public override void Fill(nint vector, int start, int count) =>
        new Span<DuckString>(DuckDbNative.VectorGetData(vector), count).Fill(table.Values[0]);
}
