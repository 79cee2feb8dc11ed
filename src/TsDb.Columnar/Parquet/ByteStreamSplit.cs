namespace TsDb.Columnar.Parquet;

/// <summary>
/// Parquet's BYTE_STREAM_SPLIT: all first bytes, then all second bytes, and so on, which zstd likes better.
/// </summary>
internal static class ByteStreamSplit
{
    private const int Streams = sizeof(long);

    public static void Encode(ReadOnlySpan<long> values, ByteSink sink)
    {
        Span<byte> all = sink.Take(checked(values.Length * Streams));
        for (int stream = 0; stream < Streams; stream++)
        {
            Span<byte> bytes = all.Slice(stream * values.Length, values.Length);
            int shift = stream * 8;
            for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)(values[i] >> shift);
        }
    }

    public static void Decode(ReadOnlySpan<byte> source, Span<long> values)
    {
        if (source.Length != (long)values.Length * Streams)
            throw Damage.Found($"{source.Length} bytes for {values.Length} doubles");
        values.Clear();
        for (int stream = 0; stream < Streams; stream++)
        {
            ReadOnlySpan<byte> bytes = source.Slice(stream * values.Length, values.Length);
            int shift = stream * 8;
            for (int i = 0; i < bytes.Length; i++) values[i] |= (long)bytes[i] << shift;
        }
    }
}
