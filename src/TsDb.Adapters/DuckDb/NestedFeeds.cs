using System.Runtime.InteropServices;
using Apache.Arrow;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Lists. The elements of the rows asked for lie in one run of the child array, so one fill copies them.
/// </summary>
internal sealed unsafe class ListFeed(ArrayData data, ColumnFeed elements) : ColumnFeed
{
    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public ulong Offset;
        public ulong Length;
    }

    public override void Fill(nint vector, int start, int count)
    {
        ReadOnlySpan<int> offsets =
            MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span)[(data.Offset + start)..];
        (int first, int end) = (offsets[0], offsets[count]);
        Entry* target = (Entry*)DuckDbNative.VectorGetData(vector);
        for (int i = 0; i < count; i++)
        {
            target[i].Offset = (ulong)(offsets[i] - first);
            target[i].Length = (ulong)(offsets[i + 1] - offsets[i]);
        }

        if (DuckDbNative.ListVectorReserve(vector, (ulong)(end - first)) != 0
            || DuckDbNative.ListVectorSetSize(vector, (ulong)(end - first)) != 0)
            throw new InvalidOperationException("the list vector could not grow");
        elements.Fill(DuckDbNative.ListVectorGetChild(vector), first, end - first);
        Validity.Copy(data, vector, start, 0, count);
    }
}

/// <summary>Structs: one feed a member.</summary>
internal sealed class StructFeed(ArrayData data, ColumnFeed[] members) : ColumnFeed
{
    public override void Fill(nint vector, int start, int count)
    {
        for (int i = 0; i < members.Length; i++)
            members[i].Fill(DuckDbNative.StructVectorGetChild(vector, (ulong)i), data.Offset + start, count);
        Validity.Copy(data, vector, start, 0, count);
    }
}
