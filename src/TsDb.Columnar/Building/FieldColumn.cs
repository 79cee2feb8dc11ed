using System.Buffers;
using System.Runtime.CompilerServices;
using TsDb.Model;

namespace TsDb.Columnar.Building;

/// <summary>
/// One field while a batch is built. Every value takes 64 bits: a double's bits, an integer, 1 or 0 for a
/// bool, for a text the place where it ends. Rows that were passed over are null.
/// </summary>
public sealed class FieldColumn : IDisposable
{
    /// <summary>
    /// A full column grows by this factor: requests have thousands of rows, and what is copied on the way
    /// there is a third of them and not all.
    /// </summary>
    internal const int Growth = 4;

    private const int RowsStart = 64;

    private long[] _cells = ArrayPool<long>.Shared.Rent(RowsStart);
    private byte[] _text = [];
    private bool[]? _present;

    internal FieldColumn(string name, FieldType type) => (Name, Type) = (name, type);

    /// <summary>The field's name.</summary>
    public string Name { get; }

    /// <summary>The type of all its values.</summary>
    public FieldType Type { get; }

    /// <summary>Rows up to the last one that has a value.</summary>
    public int Length { get; private set; }

    /// <summary>Rows before <see cref="Length"/> without a value.</summary>
    public int GapCount { get; private set; }

    /// <summary>One cell a row.</summary>
    internal ReadOnlySpan<long> Cells => _cells.AsSpan(0, Length);

    /// <summary>The texts, one behind the other.</summary>
    internal ReadOnlySpan<byte> Text => _text.AsSpan(0, TextEnd(Length));

    /// <summary>True for the rows that have a value; empty if all have.</summary>
    internal ReadOnlySpan<bool> Present => GapCount == 0 ? default : _present.AsSpan(0, Length);

    /// <summary>
    /// Sets the value of a row, the current one or a later one; a second value for a row replaces the first.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(int row, long bits)
    {
        if (row == Length && row < _cells.Length && _present is null)
        {
            _cells[row] = bits;
            Length = row + 1;
            return;
        }

        SetCarefully(row, bits);
    }

    /// <summary>
    /// Sets the text of a row and returns where to write its bytes: <paramref name="bytes"/> of them.
    /// </summary>
    public Span<byte> SetText(int row, int bytes)
    {
        Truncate(row);
        int start = TextEnd(Length);
        int end = checked(start + bytes);
        if (end > _text.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(end, Math.Max(256, _text.Length * 2)));
            _text.AsSpan(0, start).CopyTo(larger);
            if (_text.Length > 0) ArrayPool<byte>.Shared.Return(_text);
            _text = larger;
        }

        Set(row, end);
        return _text.AsSpan(start, bytes);
    }

    /// <summary>Forgets the values of a row and of those behind it.</summary>
    public void Truncate(int rows)
    {
        while (Length > rows)
        {
            Length--;
            if (_present is not null && !_present[Length]) GapCount--;
        }
    }

    /// <summary>Gives the arrays back. The column must not be used any more.</summary>
    public void Dispose()
    {
        if (_cells.Length == 0) return;
        ArrayPool<long>.Shared.Return(_cells);
        if (_text.Length > 0) ArrayPool<byte>.Shared.Return(_text);
        if (_present is not null) ArrayPool<bool>.Shared.Return(_present);
        _cells = [];
        _text = [];
        _present = null;
    }

    private int TextEnd(int rows) => Type == FieldType.String && rows > 0 ? (int)_cells[rows - 1] : 0;

    private void SetCarefully(int row, long bits)
    {
        Truncate(row);
        if (row >= _cells.Length)
        {
            long[] larger = ArrayPool<long>.Shared.Rent(Math.Max(row + 1, _cells.Length * Growth));
            _cells.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<long>.Shared.Return(_cells);
            _cells = larger;
        }

        if (row > Length && _present is null)
        {
            _present = ArrayPool<bool>.Shared.Rent(_cells.Length);
            _present.AsSpan(0, Length).Fill(true);
        }

        if (_present is not null) MarkPresent(row);
        _cells.AsSpan(Length, row - Length).Fill(TextEnd(Length));
        _cells[row] = bits;
        Length = row + 1;
    }

    private void MarkPresent(int row)
    {
        if (row >= _present!.Length)
        {
            bool[] larger = ArrayPool<bool>.Shared.Rent(Math.Max(row + 1, _present.Length * 2));
            _present.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<bool>.Shared.Return(_present);
            _present = larger;
        }

        _present.AsSpan(Length, row - Length).Clear();
        _present[row] = true;
        GapCount += row - Length;
    }
}
