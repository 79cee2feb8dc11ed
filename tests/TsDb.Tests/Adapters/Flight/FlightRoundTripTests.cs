using System.Net;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Flight.Protos;
using TsDb.Adapters.Hosting;
using TsDb.Model;
using TsDb.Query.Ports;

namespace TsDb.Tests.Adapters.Flight;

public sealed class FlightRoundTripTests
{
    private const int Rows = 300_000;
    private const string Covered = """{"nodes":["n1"],"complete":true}""";

    [Fact]
    public async Task Rows_and_dictionaries_arrive_as_they_left_on_the_port_that_also_speaks_http1()
    {
        await using WebApplication host = await StartAsync(new Source());
        string address = new Uri(host.Urls.Single()).Authority;
        using HttpClient http = new();
        Assert.Equal("pong",
            await http.GetStringAsync($"http://{address}/ping", TestContext.Current.CancellationToken));

        using NodeChannels channels = new(NullLoggerFactory.Instance);
        FlightClient client = new(channels);
        byte[] ticket =
            Encoding.UTF8.GetBytes("""{"database":"d","sql_query":"SELECT 1","query_type":"sql"}""");
        await using ISqlResult result =
            await client.OpenAsync(address, ticket, TestContext.Current.CancellationToken);
        Assert.Equal(
            "iox::column_type::tag", result.Schema.GetFieldByName("host").Metadata["iox::column::type"]);
        long row = 0;
        await foreach (RecordBatch batch in result.ReadAsync(TestContext.Current.CancellationToken))
        {
            Int64Array values = (Int64Array)batch.Column("v");
            DictionaryArray hosts = (DictionaryArray)batch.Column("host");
            StringArray names = (StringArray)hosts.Dictionary;
            Int32Array codes = (Int32Array)hosts.Indices;
            for (int i = 0; i < batch.Length; i++, row++)
            {
                Assert.Equal(row, values.GetValue(i));
                Assert.Equal($"host-{row % 7}", names.GetString(codes.GetValue(i)!.Value));
            }
        }

        Assert.Equal(Rows, row);
    }

    [Fact]
    public async Task What_an_answer_rests_on_comes_before_its_rows()
    {
        await using WebApplication host = await StartAsync(new Source());
        using NodeChannels channels = new(NullLoggerFactory.Instance);
        FlightService.FlightServiceClient client = new(channels.To(new Uri(host.Urls.Single()).Authority));
        using AsyncServerStreamingCall<FlightData> call = client.DoGet(
            new Ticket { Ticket_ = ByteString.CopyFromUtf8("""{"database":"d","sql_query":"SELECT 1"}""") },
            cancellationToken: TestContext.Current.CancellationToken);
        Metadata headers = await call.ResponseHeadersAsync;
        Assert.Equal(Covered, headers.GetValue("x-tsdb-coverage"));
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("not json", ErrorKind.Invalid)]
    [InlineData("""{"database":"d"}""", ErrorKind.Invalid)]
    [InlineData("""{"database":"d","sql_query":"x","query_type":"influxql"}""", ErrorKind.Invalid)]
    [InlineData("""{"database":"busy","sql_query":"x"}""", ErrorKind.Unavailable)]
    [InlineData("""{"database":"none","sql_query":"x"}""", ErrorKind.NotFound)]
    public async Task Errors_keep_their_kind_across_the_wire(string ticket, ErrorKind kind)
    {
        await using WebApplication host = await StartAsync(new Source());
        using NodeChannels channels = new(NullLoggerFactory.Instance);
        TsDbException error =
            await Assert.ThrowsAsync<TsDbException>(() => new FlightClient(channels).OpenAsync(
            new Uri(host.Urls.Single())
                .Authority, Encoding.UTF8.GetBytes(ticket), TestContext.Current.CancellationToken));
        Assert.Equal(kind, error.Kind);
        if (kind == ErrorKind.Unavailable) Assert.Equal(TimeSpan.FromSeconds(3), error.RetryAfter);
    }

    private static async Task<WebApplication> StartAsync(IFlightSource source)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(new TestLog());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AllowAlternateSchemes = true;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttp1AndGrpc());
        });
        builder.Services.AddSingleton<IAuthorizer, OpenAuthorizer>();
        builder.Services.AddSingleton(source);
        builder.Services.AddFlight();
        WebApplication host = builder.Build();
        host.MapGet("/ping", () => "pong");
        host.MapFlight();
        await host.StartAsync();
        return host;
    }

    private sealed class Source : IFlightSource
    {
        public Task<FlightAnswer?> OpenAsync(ReadOnlyMemory<byte> ticket, CancellationToken ct)
        {
            FlightTicket parsed = FlightTicket.Parse(ticket);
            return parsed.Database switch
            {
                "busy" => throw new TsDbException(
                    ErrorKind.Unavailable, "busy") { RetryAfter = TimeSpan.FromSeconds(3) },
                "none" => throw new TsDbException(ErrorKind.NotFound, "database not found"),
                _ => Task.FromResult<FlightAnswer?>(new FlightAnswer(new Result(), Covered)),
            };
        }
    }

    private sealed class Result : ISqlResult
    {
        public Schema Schema { get; } = new Schema.Builder()
            .Field(new Field("host", new DictionaryType(Int32Type.Default, StringType.Default, false), true))
            .Field(new Field("v", Int64Type.Default, true))
            .Build();

        public async IAsyncEnumerable<RecordBatch> ReadAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            await Task.Yield();
            StringArray names = new StringArray.Builder()
                .AppendRange(Enumerable.Range(0, 7).Select(i => $"host-{i}")).Build();
            Int32Array codes =
                new Int32Array.Builder().AppendRange(Enumerable.Range(0, Rows).Select(i => i % 7)).Build();
            Int64Array values =
                new Int64Array.Builder().AppendRange(Enumerable.Range(0, Rows).Select(i => (long)i)).Build();
            yield return new RecordBatch(
                Schema, [new DictionaryArray((DictionaryType)Schema.FieldsList[0].DataType, codes, names),
                    values], Rows);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
