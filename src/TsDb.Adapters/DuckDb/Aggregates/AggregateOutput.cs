namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>Where a function's answers go.</summary>
internal readonly unsafe ref struct AggregateOutput(nint vector)
{
    /// <summary>Writes a value of a fixed-width type.</summary>
    public void Set<T>(int row, T value)
        where T : unmanaged => ((T*)DuckDbNative.VectorGetData(vector))[row] = value;

    /// <summary>Writes a BLOB.</summary>
    public void Set(int row, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            DuckDbNative.VectorAssignString(vector, (ulong)row, start, (ulong)bytes.Length);
    }

    /// <summary>Writes NULL.</summary>
    public void SetNull(int row)
    {
        DuckDbNative.VectorEnsureValidityWritable(vector);
        DuckDbNative.VectorGetValidity(vector)[row / 64] &= ~(1UL << (row % 64));
    }

    /// <summary>Writes a list of pairs of 8-byte values: the result is LIST(STRUCT).</summary>
    public void SetPairs<T1, T2>(int row, ReadOnlySpan<T1> first, ReadOnlySpan<T2> second)
        where T1 : unmanaged
        where T2 : unmanaged
    {
        ulong start = DuckDbNative.ListVectorGetSize(vector);
        ulong end = start + (ulong)first.Length;
        if (DuckDbNative.ListVectorReserve(vector, end) != 0 || DuckDbNative.ListVectorSetSize(
            vector, end) != 0)
            throw new InvalidOperationException("the list vector could not grow");
        nint pairs = DuckDbNative.ListVectorGetChild(vector);
        nint firsts = DuckDbNative.StructVectorGetChild(pairs, 0);
        nint seconds = DuckDbNative.StructVectorGetChild(pairs, 1);
        first.CopyTo(new Span<T1>((T1*)DuckDbNative.VectorGetData(firsts) + start, first.Length));
        second.CopyTo(new Span<T2>((T2*)DuckDbNative.VectorGetData(seconds) + start, second.Length));
        ulong* entry = (ulong*)DuckDbNative.VectorGetData(vector) + (2L * row);
        (entry[0], entry[1]) = (start, (ulong)first.Length);
    }
}
