using TsDb.Columnar.Packing;
using TsDb.Columnar.Parquet;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// Table batches to bytes and back: the payload of a write-ahead-log frame. The bytes are described in
/// FORMAT.md. Numbers take as few bytes as their column needs, because what a commit writes, checks and syncs
/// is most of what it costs.
/// </summary>
/// <remarks>
/// The payload carries no checksum: its frame does. Decoding still checks every length and every index that a
/// later reader would follow blindly, so bytes that are wrong end in <see cref="ErrorKind.Corrupt"/> and
/// nothing else.
/// </remarks>
public static class BatchCodec
{
    /// <summary>First byte of a payload; a reader refuses any other.</summary>
    public const byte VersionCurrent = 2;

    /// <summary>The batches as one payload, in the order given.</summary>
    public static byte[] Encode(IReadOnlyList<TableBatch> batches)
    {
        ByteSink payload = new();
        EncodeTo(payload, batches);
        return payload.Written.ToArray();
    }

    /// <summary>
    /// Reads a payload; the batches have memory of their own. Throws <see cref="ErrorKind.Corrupt"/> if the
    /// bytes are not a payload, <see cref="ErrorKind.Invalid"/> if they are of a version not known here.
    /// </summary>
    public static IReadOnlyList<TableBatch> Decode(ReadOnlyMemory<byte> payload)
    {
        ByteSource source = new(payload.Span);
        byte version = source.ReadByte();
        FormatVersion.Require("the payload of a log frame", version, VersionCurrent, VersionCurrent);
        int count = source.ReadInt32();
        if (count < 0 || count > source.Remaining)
            throw Corrupt($"it claims {count} batches in {source.Remaining} bytes");
        TableBatch[] batches = new TableBatch[count];
        for (int i = 0; i < count; i++) batches[i] = Read(ref source);
        if (source.Remaining > 0) throw Corrupt($"{source.Remaining} bytes follow its last batch");
        return batches;
    }

    /// <summary>Appends the payload.</summary>
    internal static void EncodeTo(ByteSink payload, IReadOnlyList<TableBatch> batches)
    {
        payload.Write(VersionCurrent);
        payload.WriteInt32(batches.Count);
        foreach (TableBatch batch in batches) BatchPacker.Write(batch, payload);
    }

    private static TableBatch Read(ref ByteSource source)
    {
        try
        {
            TableBatch batch = BatchUnpacker.Read(ref source);
            ArrowIntegrity.Require(batch);
            return batch;
        }
        catch (Exception error)
            when (error is not (TsDbException { Kind: ErrorKind.Corrupt } or OutOfMemoryException))
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"a logged batch cannot be read: {error.Message}", error);
        }
    }

    private static TsDbException Corrupt(string why) =>
        new(ErrorKind.Corrupt, $"a log payload cannot be read: {why}");
}
