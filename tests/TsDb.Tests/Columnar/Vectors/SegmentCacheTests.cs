using TsDb.Columnar;
using TsDb.Columnar.Vectors;
using TsDb.Model;

namespace TsDb.Tests.Columnar.Vectors;

public sealed class SegmentCacheTests : IDisposable
{
    private readonly Adapters.DuckDb.SegmentFolder _folder = new();
    private int _opened;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_manifest_that_is_made_anew_is_of_the_same_file()
    {
        SegmentRef segment = Write(1);
        SegmentCache cache = Cache(1 << 20);
        Assert.Equal(5, Read(cache, segment));
        int opened = _opened;
        Assert.Equal(5, Read(cache, segment with { Manifest = segment.Manifest with { } }));
        Assert.Equal(opened, _opened);
    }

    [Fact]
    public void Another_file_under_the_same_name_is_read_anew()
    {
        SegmentRef segment = Write(1);
        SegmentCache cache = Cache(1 << 20);
        Assert.Equal(5, Read(cache, segment));
        int opened = _opened;
        Assert.Equal(5, Read(cache, segment with { BytesLength = segment.BytesLength + 1 }));
        Assert.True(_opened > opened);
    }

    [Fact]
    public void What_was_used_longest_ago_goes_first()
    {
        SegmentRef one = Write(1), two = Write(2);
        SegmentCache cache = Cache(1);
        Read(cache, one);
        Read(cache, two);
        int opened = _opened;
        Read(cache, two);
        Assert.Equal(opened, _opened);
        Read(cache, one);
        Assert.True(_opened > opened);
    }

    private SegmentRef Write(int rank) => _folder.Write(
        new EdgeId("E1"), rank, [.. Enumerable.Range(0, 5).Select(i => new ModelPoint(
            new Dictionary<string, string> { ["host"] = "a" }, 1_451_606_400_000_000_000 + i,
            new Dictionary<string, object> { ["f"] = (double)i }))], ("f", FieldType.Float64));

    private SegmentCache Cache(long bytesMax) => new(bytesMax, segment =>
    {
        _opened++;
        return File.OpenRead(segment.Path);
    });

    private static int Read(SegmentCache cache, SegmentRef segment)
    {
        IReadOnlyList<RowBlock> blocks = cache.Blocks(segment, TimeRange.All);
        Assert.All(blocks, block => Assert.NotNull(block.Field("f")));
        return blocks.Sum(block => block.RowCount);
    }
}
