using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Flight.Protos;
using TsDb.Query.Direct;
using TsDb.Query.Ports;

namespace TsDb.Tests.Adapters.Flight;

public sealed class FlightEncoderTests
{
    private static readonly Schema Columns =
        new([new Field("host", StringType.Default, nullable: true)], null);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false, 0)]
    [InlineData(true, false, 0)]
    [InlineData(true, true, 0)]
    [InlineData(true, false, 0, 900, 0)]
    [InlineData(true, true, 0, 900, 0)]
    [InlineData(false, false, 900, 1)]
    [InlineData(true, false, 900, 1)]
    [InlineData(false, true, 900, 1)]
    [InlineData(true, true, 900, 1)]
    [InlineData(true, true, 500_000, 1)]
    public async Task Columns_arrive_with_and_without_rows(
        bool mayHaveRuns, bool areRuns, params int[] batches)
    {
        Hosts made = new(batches, areRuns);
        using MemoryStream bytes = new();
        byte[] prefix = new byte[8];
        await foreach (FlightData data in FlightEncoder.EncodeAsync(
            made.Schema, made, mayHaveRuns, TestContext.Current.CancellationToken))
        {
            IpcMessages.WritePrefix(prefix, data.DataHeader.Length);
            bytes.Write(prefix);
            data.DataHeader.WriteTo(bytes);
            data.DataBody.WriteTo(bytes);
        }

        bytes.Position = 0;
        using ArrowStreamReader reader = new(bytes);
        Schema schema = TextRuns.Expand(reader.Schema);
        Assert.Equal("host", schema.FieldsList.Single().Name);
        Assert.IsType<StringType>(schema.FieldsList.Single().DataType);
        int rows = 0;
        while (reader.ReadNextRecordBatch() is { } batch)
        {
            StringArray hosts = (StringArray)TextRuns.Expand(batch, schema).Column(0);
            for (int i = 0; i < hosts.Length; i++) Assert.Equal("a-host", hosts.GetString(i));
            rows += hosts.Length;
        }

        Assert.Equal(batches.Sum(), rows);
    }

    private sealed class Hosts(int[] batches, bool areRuns) : ISqlResult
    {
        public Schema Schema => areRuns ? TextRuns.Shorten(Columns) : Columns;

        public async IAsyncEnumerable<RecordBatch> ReadAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            await Task.Yield();
            foreach (int rows in batches)
            {
                StringArray.Builder hosts = new();
                hosts.AppendRange(Enumerable.Repeat("a-host", rows));
                RecordBatch batch = new(Columns, [hosts.Build()], rows);
                yield return areRuns ? TextRuns.Shorten(batch, Schema) : batch;
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
