using System.Globalization;
using TsDb.Model;

namespace TsDb.Integration.Tracing;

/// <summary>The proof of what the cloud says to have can fail: traces made by hand.</summary>
public sealed class SegmentProofTests
{
    private const int Said = 8;

    private static readonly ContentHash Hash = ContentHash.Of("PAR1 segment"u8);

    [Fact]
    public void A_claim_after_all_steps_is_proven() => Assert.Null(Fault(Steps()));

    [Theory]
    [InlineData(1, "did not get the bytes")]
    [InlineData(2, "no sync of /d/c1/segments/a/x.tmp")]
    [InlineData(3, "no file got its name")]
    [InlineData(4, "no sync of /d/c1/segments/a after the rename")]
    [InlineData(5, "no record in the catalog")]
    [InlineData(6, "no sync was over")]
    [InlineData(7, "the folder /d/c1/segments was not synced")]
    public void Without_one_of_the_steps_a_claim_is_a_fault(int step, string why) =>
        Assert.Contains(why, Fault([.. Steps().Where((_, i) => i != step)]), StringComparison.Ordinal);

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    [InlineData(4, 5)]
    [InlineData(5, 6)]
    [InlineData(6, Said)]
    [InlineData(7, Said)]
    public void Two_steps_in_the_wrong_order_are_a_fault(int one, int other)
    {
        string[] steps = Steps();
        (steps[one], steps[other]) = (steps[other], steps[one]);
        Assert.NotNull(Fault(steps));
    }

    private static string? Fault(string[] lines)
    {
        List<SystemCall> calls = TraceReader.Read(lines);
        SystemCall said = calls.Single(call => call.Name == "sendto");
        return new SegmentProof(calls).FaultOf(new StoredClaim("durable", Hash, said));
    }

    private static string[] Steps()
    {
        string path = $"/d/c1/segments/a/1-00000001-{Hash.ToString()[..16]}.parquet";
        string shown = string.Concat(Hash.ToArray().Select(b =>
            string.Create(CultureInfo.InvariantCulture, $"\\x{b:x2}")));
        return
        [
            "1 1.0 mkdir(\"/d/c1/segments/a\", 0777) = 0",
            "1 1.1 pwrite64(5</d/c1/segments/a/x.tmp>, \"PAR1 segment\", 12, 0) = 12",
            "1 1.2 fsync(5</d/c1/segments/a/x.tmp>) = 0",
            $"1 1.3 rename(\"/d/c1/segments/a/x.tmp\", \"{path}\") = 0",
            "1 1.4 fsync(6</d/c1/segments/a>) = 0",
            $"1 1.5 pwrite64(7</d/c1/catalog/1.records>, \"TREC{shown}\", 36, 24) = 36",
            "1 1.6 fsync(7</d/c1/catalog/1.records>) = 0",
            "1 1.7 fsync(6</d/c1/segments>) = 0",
            "1 1.8 sendto(9<socket:[7]>, \"2\", 1, 0, NULL, 0) = 1",
        ];
    }
}
