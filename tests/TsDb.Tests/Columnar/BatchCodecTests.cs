using CsCheck;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Tests.Columnar;

public sealed class BatchCodecTests
{
    private static readonly Gen<List<TableBatch>> Batches =
        GenPoints.Point(Gen.Long).List[1, 30].Select(p => ModelBatches.Build(p, GenPoints.Fields)).List[0, 4];

    [Fact]
    public void What_was_encoded_comes_back() => Batches.Sample(batches =>
    {
        IReadOnlyList<TableBatch> back = BatchCodec.Decode(BatchCodec.Encode(batches));
        Assert.Equal(batches.Count, back.Count);
        for (int i = 0; i < batches.Count; i++)
        {
            Assert.Equal(batches[i].Table, back[i].Table);
            Assert.Equal(
                ModelBatches.Text(ModelBatches.Read(batches[i])),
                ModelBatches.Text(ModelBatches.Read(back[i])));
        }
    });

    [Fact]
    public void Damaged_bytes_are_corrupt_or_readable_and_never_crash() => Gen.Select(
        Batches, Gen.Int[0, int.MaxValue].Array[1, 4], Gen.Byte, Gen.Bool)
            .Sample((batches, places, value, cut) =>
    {
        byte[] bytes = BatchCodec.Encode(batches);
        byte version = bytes[0];
        foreach (int place in places) bytes[place % bytes.Length] ^= (byte)(value | 1);
        if (cut) bytes = bytes[..(places[0] % bytes.Length)];
        try
        {
            foreach (TableBatch batch in BatchCodec.Decode(bytes)) ModelBatches.Read(batch);
        }
        catch (TsDbException error)
        {
            // A version that this program does not know is no damage.
            bool isOther = bytes.Length > 0 && bytes[0] != version;
            Assert.Equal(isOther ? ErrorKind.Invalid : ErrorKind.Corrupt, error.Kind);
        }
    });

    [Fact]
    public void An_unknown_version_is_refused_by_name()
    {
        TsDbException error = Assert.Throws<TsDbException>(
            () => BatchCodec.Decode(new byte[] { 9, 0, 0, 0, 0 }));
        Assert.Contains("has version 9", error.Message, StringComparison.Ordinal);
    }
}
