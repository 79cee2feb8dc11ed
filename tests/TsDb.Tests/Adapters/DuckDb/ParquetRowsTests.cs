using Parquet;
using Parquet.Schema;
using TsDb.Adapters.DuckDb;
using TsDb.Model;

namespace TsDb.Tests.Adapters.DuckDb;

/// <summary>Times of Parquet files come in with all digits, or not at all.</summary>
public sealed class ParquetRowsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nanoseconds_are_never_cut_silently(bool isUtc)
    {
        string path = Path.Combine(
            Directory.CreateTempSubdirectory("tsdb-rows-").FullName, "times.parquet");
        DateTimeDataField time =
            new("time", DateTimeFormat.Timestamp, isAdjustedToUTC: isUtc, unit: DateTimeTimeUnit.Nanos);
        DataField<long> value = new("v");
        DateTime moment = new DateTime(2016, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(1_234_567);
        await using (FileStream file = File.Create(path))
        await using (ParquetWriter writer =
            await ParquetWriter.CreateAsync(new ParquetSchema(time, value), file))
        using (ParquetRowGroupWriter group = writer.CreateRowGroup())
        {
            await group.WriteAsync<DateTime>(time, new[] { moment });
            await group.WriteAsync<long>(value, new[] { 7L });
        }

        try
        {
            using ParquetRows rows = ParquetRows.Open(path);
            if (isUtc)
            {
                TsDbException error = Assert.Throws<TsDbException>(() => rows.Read(timeColumn: 0).ToList());
                Assert.Contains("nanoseconds with a time zone", error.Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal([["1451606400123456700", "7"]], rows.Read(timeColumn: 0));
            }
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }
}
