namespace TsDb.Simulation.Disk;

/// <summary>The bytes of a file: as they are seen, and as they would be after a crash.</summary>
internal sealed class FaultyInode
{
    private const int SectorLength = 512;

    private byte[] _durable = [];
    private bool _isPoisoned;

    public byte[] Bytes { get; private set; } = [];

    public void Append(ReadOnlySpan<byte> bytes) => Bytes = [.. Bytes, .. bytes];

    public void Truncate(long length) => Bytes = Bytes[..(int)length];

    public void Sync()
    {
        if (!_isPoisoned) _durable = Bytes;
    }

    public void FailSync() => _isPoisoned = true;

    public void Crash(Random random)
    {
        int kept = CommonPrefix();
        bool isCutLost = kept < _durable.Length && random.Next(2) == 0;
        byte[] unsynced = isCutLost ? _durable[kept..] : Bytes[kept..];
        int survives = random.Next(3) switch
        {
            0 => 0,
            1 => unsynced.Length,
            _ => random.Next(unsynced.Length + 1),
        };
        if (isCutLost) survives = unsynced.Length;
        byte[] tail = unsynced[..survives];
        if (!isCutLost && random.Next(2) == 0) Tear(tail, random);
        Bytes = [.. Bytes[..kept], .. tail];
        (_durable, _isPoisoned) = (Bytes, false);
    }

    private static void Tear(byte[] tail, Random random)
    {
        for (int at = 0; at < tail.Length; at += SectorLength)
        {
            if (random.Next(3) == 0) tail.AsSpan(at, Math.Min(SectorLength, tail.Length - at)).Clear();
        }
    }

    private int CommonPrefix()
    {
        int length = Math.Min(_durable.Length, Bytes.Length);
        return ReferenceEquals(_durable, Bytes)
            ? length
            : _durable.AsSpan(0, length).CommonPrefixLength(Bytes);
    }
}
