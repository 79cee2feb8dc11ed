using System.Runtime.InteropServices;

namespace TsDb.Columnar;

/// <summary>Bytes seen as values of a fixed width, little-endian as Arrow and Parquet lay them out.</summary>
internal static class Spans
{
    extension(ReadOnlySpan<byte> bytes)
    {
        public ReadOnlySpan<T> CastTo<T>()
            where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes);
    }
}
