using CsCheck;
using DuckDB.NET.Data;
using TsDb.Model;
using TsDb.Query.Functions;

namespace TsDb.Tests.Query.Functions;

public sealed class BucketWidthTests
{
    // Whole microseconds after 1970, where the engine's own is right.
    [Fact]
    public void Buckets_are_those_of_the_engine()
    {
        using DuckDBConnection connection = new("DataSource=:memory:");
        connection.Open();
        Gen.Select(Gen.Long[0, 4_000_000_000_000_000], Gen.Int[1, 20], Gen.Int[0, 3],
            Gen.Long[0, 2_000_000_000_000_000])
            .Sample((time, count, unit, origin) =>
            {
                (string name, BucketWidth width) = unit switch
                {
                    0 => ("months", new BucketWidth(count, 0, 0)),
                    1 => ("days", new BucketWidth(0, count, 0)),
                    2 => ("hours", new BucketWidth(0, 0, count * 3_600_000_000L)),
                    _ => ("milliseconds", new BucketWidth(0, 0, count * 1_000L)),
                };
                using DuckDBCommand command = connection.CreateCommand();
                command.CommandText = FormattableString.Invariant($"""
                    SELECT epoch_us(time_bucket(INTERVAL '{count} {name}', make_timestamp({time}))) * 1000,
                      epoch_us(time_bucket(INTERVAL '{count} {name}', make_timestamp({time}), make_timestamp(
                          {origin}))) * 1000,
                      epoch_us(time_bucket(
                          INTERVAL '{count} {name}', make_timestamp({time}), INTERVAL '40 days')) * 1000
                    """);
                using DuckDBDataReader reader = command.ExecuteReader();
                Assert.True(reader.Read());
                Assert.Equal(reader.GetInt64(0), width.Start(time * 1_000));
                Assert.Equal(reader.GetInt64(1), width.Start(time * 1_000, origin * 1_000));
                Assert.Equal(reader.GetInt64(2), width.StartShifted(time * 1_000, new BucketWidth(0, 40, 0)));
            }, iter: 300, threads: 1);
    }

    [Fact]
    public void A_time_lies_in_its_bucket_also_before_1970() => Gen.Select(
        Gen.Long[long.MinValue / 2, long.MaxValue / 2], Gen.Long[1, 10_000_000_000]).Sample((time, micros) =>
    {
        long start = new BucketWidth(0, 0, micros).Start(time);
        Assert.InRange(time, start, start + (micros * 1_000) - 1);
    });

    [Fact]
    public void Nanoseconds_of_an_origin_are_kept() =>
        Assert.Equal(1_003, new BucketWidth(0, 0, 1).Start(1_999, 3));

    [Fact]
    public void A_width_that_is_none_is_refused()
    {
        Assert.Throws<TsDbException>(() => new BucketWidth(0, 0, 0).Start(1));
        Assert.Throws<TsDbException>(() => new BucketWidth(1, 1, 0).Start(1));
        Assert.Throws<TsDbException>(() => new BucketWidth(-1, 0, 0).Start(1));
        Assert.Throws<TsDbException>(() => new BucketWidth(0, 1, 0).Start(long.MinValue, 0));
    }

    [Theory]
    [InlineData(0, 0, 45)]
    [InlineData(0, 0, 90)]
    [InlineData(0, 1, 30)]
    [InlineData(0, 0, 0)]
    [InlineData(0, 0, -60)]
    public void A_width_that_clocks_cannot_be_set_back_in_is_refused(int months, int days, int minutes) =>
        Assert.Throws<TsDbException>(() =>
            new BucketWidth(months, days, minutes * 60_000_000L).LocalStart(1_451_649_600_000_000_000));

    [Theory]
    [InlineData(0, 0, 15)]
    [InlineData(0, 0, 60)]
    [InlineData(0, 0, 300)]
    [InlineData(0, 1, 0)]
    [InlineData(1, 0, 0)]
    public void Any_other_local_bucket_is_as_elsewhere(int months, int days, int minutes)
    {
        BucketWidth width = new(months, days, minutes * 60_000_000L);
        Assert.Equal(width.Start(1_451_649_600_000_000_001), width.LocalStart(1_451_649_600_000_000_001));
    }
}
