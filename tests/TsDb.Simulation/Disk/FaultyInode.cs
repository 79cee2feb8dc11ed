namespace TsDb.Simulation.Disk;

/// <summary>The bytes of a file: as they are seen, and as they would be after a crash.</summary>
internal sealed class FaultyInode
{
    private const int SectorLength = 512;
    private const int CapacityMin = 256;

    private byte[] _buffer = [];
    private byte[] _durable = [];
    private int _durableLength;
    private bool _isPoisoned;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        int length = Length + bytes.Length;
        if (length > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(Math.Max(length, CapacityMin), 2 * _buffer.Length));
        bytes.CopyTo(_buffer.AsSpan(Length));
        Length = length;
    }

    public void Truncate(long length)
    {
        // What was synced stays what it was until the cut is synced: it may share the buffer.
        if (ReferenceEquals(_buffer, _durable)) _buffer = [.. _buffer];
        Length = (int)length;
    }

    public void Sync()
    {
        if (!_isPoisoned) (_durable, _durableLength) = (_buffer, Length);
    }

    public void FailSync() => _isPoisoned = true;

    /// <summary>Changes bytes behind everybody's back, on the disk as well.</summary>
    public void Damage(Action<byte[]> damage)
    {
        byte[] bytes = Bytes.ToArray();
        damage(bytes);
        (_buffer, Length) = (bytes, bytes.Length);
        (_durable, _durableLength) = (bytes, bytes.Length);
    }

    public void Crash(Random random)
    {
        ReadOnlySpan<byte> durable = _durable.AsSpan(0, _durableLength);
        int kept = durable.CommonPrefixLength(Bytes);
        bool isCutLost = kept < durable.Length && random.Next(2) == 0;
        ReadOnlySpan<byte> unsynced = isCutLost ? durable[kept..] : Bytes[kept..];
        int survives = random.Next(3) switch
        {
            0 => 0,
            1 => unsynced.Length,
            _ => random.Next(unsynced.Length + 1),
        };
        if (isCutLost) survives = unsynced.Length;
        byte[] tail = unsynced[..survives].ToArray();
        if (!isCutLost && random.Next(2) == 0) Tear(tail, random);
        _buffer = [.. Bytes[..kept], .. tail];
        Length = _buffer.Length;
        (_durable, _durableLength, _isPoisoned) = (_buffer, Length, false);
    }

    private static void Tear(byte[] tail, Random random)
    {
        for (int at = 0; at < tail.Length; at += SectorLength)
        {
            if (random.Next(3) == 0) tail.AsSpan(at, Math.Min(SectorLength, tail.Length - at)).Clear();
        }
    }
}
