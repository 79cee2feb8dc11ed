using Apache.Arrow;
using TsDb.Adapters.Direct;
using TsDb.Adapters.DuckDb;
using TsDb.Columnar;
using TsDb.Columnar.Vectors;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Ports;
using TsDb.Tests.Adapters.DuckDb;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Query.Direct;

/// <summary>Rows of many files in batches that do not end where a file does.</summary>
public sealed class RowsRunTests : IDisposable
{
    private const long Start = 1_451_606_400_000_000_000; // 2016-01-01
    private const int Edges = 5;
    private const int RowsOfEdge = 5_000;

    private readonly EngineFixture _db = new();

    public void Dispose() => _db.Dispose();

    [Theory]
    [InlineData("", Edges * RowsOfEdge, new[] { 8_192, 8_192, 8_192, 424 })]
    [InlineData(" LIMIT 9000", 9_000, new[] { 8_192, 808 })]
    [InlineData(" LIMIT 8192", 8_192, new[] { 8_192 })]
    [InlineData(" LIMIT 7", 7, new[] { 7 })]
    [InlineData(" LIMIT 0", 0, new int[0])]
    public async Task Each_row_comes_once_and_batches_are_filled_from_the_next_file(
        string limit, int rows, int[] lengths)
    {
        SegmentRef[] segments = [.. Enumerable.Range(0, Edges).Select(edge => _db.Folder.Write(
            new EdgeId($"E{edge}"), 1,
            [.. Enumerable.Range(0, RowsOfEdge).Select(n => new ModelPoint(
                new Dictionary<string, string> { ["host"] = $"h{edge}" }, Start + n * 1_000_000_000L,
                new Dictionary<string, object> { ["i"] = (long)(edge * RowsOfEdge + n) }))],
            ("i", FieldType.Int64)))];
        Relation.Points points =
            EngineFixture.Points(new TableSnapshot(ModelBatches.Table, segments, null));
        DirectEngine engine = new(_db.Engine, new SegmentCache(1 << 20, SegmentRows.Open));
        await using ISqlResult result = await engine.ExecuteAsync(
            new SqlRequest { Sql = $"SELECT host, i FROM weather{limit}", Relations = [points] },
            TestContext.Current.CancellationToken);
        List<int> found = [];
        long next = 0;
        await foreach (RecordBatch batch in result.ReadAsync(TestContext.Current.CancellationToken))
        {
            found.Add(batch.Length);
            for (int row = 0; row < batch.Length; row++, next++)
            {
                Assert.Equal(next, ((Int64Array)batch.Column(1)).GetValue(row));
                Assert.Equal($"h{next / RowsOfEdge}", ((StringArray)batch.Column(0)).GetString(row));
            }
        }

        Assert.Equal(rows, next);
        Assert.Equal(lengths, found);
    }
}
