using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Google.Protobuf;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;

namespace TsDb.Tests.Adapters.Flight;

public sealed class PlainColumnsTests
{
    private static readonly TimestampType Micros = new(TimeUnit.Microsecond, "UTC");
    private static readonly TimestampType Nanos = new(TimeUnit.Nanosecond, (string?)null);

    [Fact]
    public void Rows_come_back_as_they_were()
    {
        RecordBatch batch = Batch(
            new Int64Array.Builder().Append(1).AppendNull().Append(long.MaxValue).Build(),
            new DoubleArray.Builder().Append(0.5).Append(double.NaN).AppendNull().Build(),
            new StringArray.Builder().Append("one").AppendNull().Append("").Build(),
            new BooleanArray.Builder().Append(true).AppendNull().Append(false).Build(),
            new UInt64Array.Builder().Append(ulong.MaxValue).Append(0).AppendNull().Build(),
            new Int16Array.Builder().Append(-3).Append(4).Append(5).Build(),
            new Int32Array.Builder().Append(-3).Append(4).Append(5).Build(),
            Times(Micros, 1, 2, 3),
            Times(Nanos, -1, 0, 1),
            new Decimal128Array.Builder(new Decimal128Type(38, 0))
                .Append(7m).Append(-7m).AppendNull().Build());
        RecordBatch read = Assert.Single(Travel(batch));
        Assert.Equal(batch.Length, read.Length);
        for (int i = 0; i < batch.ColumnCount; i++)
        {
            Assert.Equal(Values(batch.Column(i)), Values(read.Column(i)));
            Assert.Equal(batch.Column(i).Data.DataType.TypeId, read.Column(i).Data.DataType.TypeId);
        }

        Assert.Equal(
            (Micros.Unit, Micros.Timezone),
            (((TimestampType)read.Column(7).Data.DataType).Unit,
                ((TimestampType)read.Column(7).Data.DataType).Timezone));
        Assert.Null(((TimestampType)read.Column(8).Data.DataType).Timezone);
    }

    [Fact]
    public void Rows_outlive_the_batch_they_are_of()
    {
        EarlyRows rows = new();
        WriteForgotten(rows);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        RecordBatch read = Assert.Single(
            PlainColumns.Read(EarlyRows.Parser.ParseFrom(rows.ToByteArray()).Batches));
        Assert.Equal(["True", "null", "False"], Values(read.Column(0)));
        Assert.Equal(["'one'", "null", "''"], Values(read.Column(1)));
    }

    [Fact]
    public void Equal_counts_come_once_and_others_do_not()
    {
        Int64Array counts = new Int64Array.Builder().Append(60).Append(60).Build();
        RecordBatch batch = Batch(
            counts,
            new Int64Array.Builder().Append(60).Append(61).Build(),
            new Int64Array.Builder().Append(60).Append(60).Build(),
            new Int32Array.Builder().Append(60).Append(60).Build(),
            new Int64Array.Builder().Append(60).AppendNull().Build());
        List<PlainBatch> written = [];
        Assert.True(PlainColumns.TryWrite([batch], written));
        Assert.Equal([0u, 0u, 1u, 0u, 0u], written[0].Columns.Select(column => column.SameAs));
        RecordBatch read = Assert.Single(Travel(batch));
        Assert.Same(read.Column(0), read.Column(2));
        for (int i = 0; i < batch.ColumnCount; i++)
            Assert.Equal(Values(batch.Column(i)), Values(read.Column(i)));
    }

    [Fact]
    public void Nulls_that_nobody_has_counted_are_counted()
    {
        Int64Array whole = new Int64Array.Builder().Append(1).AppendNull().Append(3).Build();
        IArrowArray slice = ArrowArrayFactory.Slice(whole, 0, 2);
        RecordBatch read = Assert.Single(Travel(Batch(slice)));
        Assert.Equal(["1", "null"], Values(read.Column(0)));
        Assert.Equal(1, read.Column(0).NullCount);
    }

    [Fact]
    public void No_rows_cost_nothing()
    {
        List<PlainBatch> written = [];
        Assert.True(PlainColumns.TryWrite([], written));
        Assert.Empty(written);
        Assert.Empty(PlainColumns.Read(written));
    }

    [Fact]
    public void What_only_arrows_stream_carries_is_left_to_it()
    {
        Int64Array two = new Int64Array.Builder().Append(1).Append(2).Build();
        IArrowArray slice = ArrowArrayFactory.Slice(two, 1, 1);
        Assert.False(PlainColumns.TryWrite([Batch(slice)], []));
        Assert.False(PlainColumns.TryWrite([Batch(new FloatArray.Builder().Append(1).Build())], []));
    }

    [Theory]
    [InlineData((int)PlainKind.Int64, 2, 8, 0, 0)]
    [InlineData((int)PlainKind.Decimal, 2, 16, 0, 0)]
    [InlineData((int)PlainKind.Text, 2, 3, 8, 0)]
    [InlineData((int)PlainKind.Int16, 2, 4, 0, 3)]
    [InlineData((int)PlainKind.Int16, 2, 4, 0, -1)]
    [InlineData((int)PlainKind.Int16, 2, 4, 0, 1)]
    [InlineData((int)PlainKind.Int16, -2, 4, 0, 0)]
    [InlineData((int)PlainKind.Unknown, 2, 16, 0, 0)]
    [InlineData(77, 2, 16, 0, 0)]
    public void Rows_that_are_cut_short_or_strange_are_refused(
        int kind, int rows, int values, int offsets, int nulls)
    {
        PlainBatch batch = new() { Rows = rows };
        batch.Columns.Add(new PlainColumn
        {
            Kind = (PlainKind)kind,
            Nulls = nulls,
            Offsets = ByteString.CopyFrom(new byte[offsets]),
            Values = ByteString.CopyFrom(new byte[values]),
        });
        Assert.Equal(ErrorKind.Invalid, Assert.Throws<TsDbException>(() => PlainColumns.Read([batch])).Kind);
    }

    [Fact]
    public void A_column_is_like_earlier_ones_only()
    {
        PlainBatch batch = new() { Rows = 0 };
        batch.Columns.Add(new PlainColumn { SameAs = 1 });
        Assert.Equal(ErrorKind.Invalid, Assert.Throws<TsDbException>(() => PlainColumns.Read([batch])).Kind);
    }

    // Not inlined, so that nothing on the stack holds the batch afterwards.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WriteForgotten(EarlyRows rows) => Assert.True(PlainColumns.TryWrite(
        [
            Batch(
                new BooleanArray.Builder().Append(true).AppendNull().Append(false).Build(),
                new StringArray.Builder().Append("one").AppendNull().Append("").Build()),
        ],
        rows.Batches));

    private static IReadOnlyList<RecordBatch> Travel(RecordBatch batch)
    {
        EarlyRows rows = new();
        Assert.True(PlainColumns.TryWrite([batch], rows.Batches));
        return PlainColumns.Read(EarlyRows.Parser.ParseFrom(rows.ToByteArray()).Batches);
    }

    private static RecordBatch Batch(params IArrowArray[] arrays) => new(
        new Schema(
            arrays.Select((array, i) => new Field($"c{i}", array.Data.DataType, nullable: true)), null),
        arrays,
        arrays[0].Length);

    private static TimestampArray Times(TimestampType type, params long[] values)
    {
        ArrowBuffer.Builder<long> buffer = new();
        buffer.AppendRange(values);
        return new TimestampArray(type, buffer.Build(), ArrowBuffer.Empty, values.Length, 0, 0);
    }

    private static string[] Values(IArrowArray array) =>
        [.. Enumerable.Range(0, array.Length).Select(row => array.IsNull(row) ? "null" : array switch
        {
            Int16Array a => $"{a.GetValue(row)}",
            Int32Array a => $"{a.GetValue(row)}",
            Int64Array a => $"{a.GetValue(row)}",
            UInt64Array a => $"{a.GetValue(row)}",
            DoubleArray a => $"{a.GetValue(row):R}",
            BooleanArray a => $"{a.GetValue(row)}",
            StringArray a => $"'{a.GetString(row)}'",
            TimestampArray a => $"{a.Values[row]}",
            Decimal128Array a => $"{a.GetValue(row)}",
            _ => throw new NotSupportedException(array.GetType().Name),
        })];
}
