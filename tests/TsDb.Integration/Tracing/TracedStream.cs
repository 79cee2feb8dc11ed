namespace TsDb.Integration.Tracing;

/// <summary>One direction of a connection: its bytes, and which call moved each.</summary>
internal sealed class TracedStream
{
    private readonly List<byte> _bytes = [];
    private readonly List<(int Start, SystemCall Call)> _parts = [];

    public int Length => _bytes.Count;

    /// <summary>The calls that moved something, in order.</summary>
    public IEnumerable<(SystemCall Call, byte[] Bytes)> Parts => _parts.Select((part, i) =>
        (part.Call, Slice(part.Start, (i + 1 < _parts.Count ? _parts[i + 1].Start : Length) - part.Start)));

    public byte this[int offset] => _bytes[offset];

    public void Append(SystemCall call)
    {
        byte[] bytes = TracedBytes.Of(call);
        if (bytes.Length == 0) return;
        _parts.Add((_bytes.Count, call));
        _bytes.AddRange(bytes);
    }

    public byte[] Slice(int offset, int length) => [.. _bytes.GetRange(offset, length)];

    /// <summary>The call that moved the byte at an offset.</summary>
    public SystemCall CallAt(int offset) => _parts.FindLast(part => part.Start <= offset).Call;

    public bool StartsWith(ReadOnlySpan<byte> bytes) =>
        Length >= bytes.Length && Slice(0, bytes.Length).AsSpan().SequenceEqual(bytes);
}
