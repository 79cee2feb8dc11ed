using System.Runtime.CompilerServices;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>The rows that DuckDB hands to a function: flat vectors of at most 2,048 rows, read in
/// place.</summary>
internal readonly unsafe ref struct AggregateInput
{
    private const int InlineMax = 12;
    private const int ColumnsMax = 4;

    private readonly Pointers _values;
    private readonly Pointers _validity;

    /// <summary>Reads the first columns of a chunk; at most four.</summary>
    public AggregateInput(nint chunk, int columns)
    {
        Rows = (int)DuckDbNative.ChunkGetSize(chunk);
        for (int i = 0; i < columns; i++)
        {
            nint vector = DuckDbNative.ChunkGetVector(chunk, (ulong)i);
            _values[i] = (nint)DuckDbNative.VectorGetData(vector);
            _validity[i] = (nint)DuckDbNative.VectorGetValidity(vector);
        }
    }

    /// <summary>How many rows there are.</summary>
    public int Rows { get; }

    /// <summary>The values of a column of this fixed-width type.</summary>
    public ReadOnlySpan<T> Values<T>(int column)
        where T : unmanaged => new((void*)_values[column], Rows);

    /// <summary>True if every one of the first columns has a value in the row.</summary>
    public bool Has(int row, int columns)
    {
        for (int i = 0; i < columns; i++)
        {
            ulong* validity = (ulong*)_validity[i];
            if (validity is not null && (validity[row / 64] >> (row % 64) & 1) == 0) return false;
        }

        return true;
    }

    /// <summary>The bytes of a text or BLOB, which stay as long as the call.</summary>
    public ReadOnlySpan<byte> Bytes(int column, int row)
    {
        byte* value = (byte*)_values[column] + ((long)row * sizeof(Int128));
        int length = *(int*)value;
        byte* start = length <= InlineMax ? value + sizeof(int) : *(byte**)(value + sizeof(long));
        return new ReadOnlySpan<byte>(start, length);
    }

    [InlineArray(ColumnsMax)]
    private struct Pointers
    {
        private nint _first;
    }
}
