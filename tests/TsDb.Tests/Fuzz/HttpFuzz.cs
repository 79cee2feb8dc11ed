using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Http.Query;
using TsDb.Adapters.Http.Statements;
using TsDb.Adapters.Http.Write;
using TsDb.Codec.Csv;
using TsDb.Model;
using TsDb.Storage.Ingest;
using TsDb.Tests.Storage.Ingest;

namespace TsDb.Tests.Fuzz;

/// <summary>
/// Requests in all three dialects from their parameters to their answers, without the sockets: a line with
/// dialect and parameters, a line that says how the body is packed, the body.
/// </summary>
internal static class HttpFuzz
{
    private const int BodyBytesMax = 200_000;

    private static readonly IWriteDialect[] Dialects = [new V1Dialect(), new V2Dialect(), new V3Dialect()];

    private static readonly byte[][] Requests =
    [
        .. new[]
        {
            "1?db=d&precision=s&rp=r&consistency=all&u=a&p=b\n\nm,t=a f=1 1\nm f=oops 2\nm f=3 3",
            "2?org=o&bucket=b/autogen&precision=ms\n\nm,t=a f=1 1\nm f=\"type\" 2",
            "3?db=d&precision=auto&accept_partial=false&no_sync=true\n\nm f=1 1451606400\nm f=x 2",
            "3?db=d&accept_partial=true\n\nm f=1 1451606400\nm f=1,f=2 2\nm,time=a f=1",
        }.Select(Encoding.UTF8.GetBytes),
        [.. "1?db=d\ngzip\n"u8, .. Pack("m,t=a f=1 1\nm f=2 2\n"u8)],
        [.. "2?bucket=d\ngzip\n"u8, .. Pack("m,t=a f=1 1\n"u8), .. Pack("m f=\"x\" 2\n"u8)],
        [.. "3?db=d\ngzip\n"u8, .. Pack(new byte[300_000])],
    ];

    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "?", "&", "=", "%00", "%2e%2e", "db=", "bucket=", "precision=", "gzip", "identity", "deflate",
            "\n", "+", "\u001f\u008b", "accept_partial=", "true", "..", "%ff", "%", ";", "#",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    public static IEnumerable<FuzzTarget> Targets =>
    [
        new("http-write", Requests, Write) { Words = Words, Weight = 12, AllocationBase = 8 << 20 },
        new("http-statement", Statements(), bytes =>
        {
            foreach (Statement statement in StatementParser.Parse(Encoding.UTF8.GetString(bytes), 100))
                Assert.True(statement.Kind != StatementKind.NotUnderstood || statement.Reason.Length > 0);
        }) { Words = Words },
        new("http-query", Questions(), Ask) { Words = Words, Weight = 4 },
        new("csv", Tables(), ReadCsv) { Words = Words, Weight = 2 },
    ];

    private static byte[][] Statements() =>
    [
        .. new[]
        {
            "CREATE DATABASE \"a b\" WITH DURATION 1d",
            "SHOW DATABASES; SHOW MEASUREMENTS ON \"x\\\"y\" LIMIT 5",
            "SHOW TAG KEYS ON db FROM \"m\" LIMIT 1 OFFSET 2", "SELECT * FROM a WHERE b = 'c;d'",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static byte[][] Questions() =>
    [
        .. new[]
        {
            "?db=d&q=SELECT+1&format=csv&timeout=5s&max_rows=9&edge_timeout=2s\n\n",
            "?db=d\napplication/json\n{\"q\":\"SELECT 1\",\"fresh\":true,\"allow_partial\":\"true\"}",
            "?db=d\napplication/x-www-form-urlencoded\nq=SELECT+1&consistency=quorum",
            "?db=d&format=json\ntext/plain\nSELECT 1",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>A line with the parameters, a line with the type of the body, the body.</summary>
    private static void Ask(byte[] bytes)
    {
        int first = Array.IndexOf(bytes, (byte)'\n');
        int second = first < 0 ? -1 : Array.IndexOf(bytes, (byte)'\n', first + 1);
        if (second < 0) return;
        DefaultHttpContext context = new();
        context.Request.Method = "POST";
        string query = Encoding.Latin1.GetString(bytes, 0, first);
        context.Request.QueryString = new QueryString(query.StartsWith('?') ? query : "");
        string type = Encoding.Latin1.GetString(bytes, first + 1, second - first - 1);
        if (type.Length > 0) context.Request.ContentType = type;
        context.Request.Body = new MemoryStream(bytes[(second + 1)..]);
        try
        {
            Task<QueryForm> read =
                QueryForm.ReadAsync(context.Request, QueryTimeout.Default, CancellationToken.None);
            Assert.True(read.GetAwaiter().GetResult().Request.Sql.Length > 0);
        }
        catch (TsDbException error) when (error.Kind == ErrorKind.Invalid)
        {
            Assert.True(error.Message.Length > 0);
        }
    }

    private static byte[][] Tables() =>
    [
        .. new[]
        {
            "time,host,v\n1,a,2.5\r\n2,\"b, \"\"c\"\"\",\n\n3,\"two\nlines\",7", "a,b\n\"open,1\n2,3\n",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>Cells lie in the bytes, and every record gets on.</summary>
    private static void ReadCsv(byte[] bytes)
    {
        foreach (bool isEnd in new[] { true, false })
        {
            CsvReader reader = new(bytes, (byte)',', isEnd);
            List<CsvCell> cells = [];
            for (int before = 0; reader.Read(cells); before = reader.Offset)
            {
                Assert.InRange(reader.Offset, before + 1, bytes.Length);
                if (reader.Fault is not null) continue;
                foreach (CsvCell cell in cells) cell.Text(bytes);
            }
        }
    }

    private static void Write(byte[] bytes)
    {
        int first = Array.IndexOf(bytes, (byte)'\n');
        int second = first < 0 ? -1 : Array.IndexOf(bytes, (byte)'\n', first + 1);
        if (second < 0) return;
        string head = Encoding.Latin1.GetString(bytes, 0, first);
        int query = head.IndexOf('?');
        IWriteDialect dialect = Dialects[(head.Length > 0 ? head[0] : 0) % Dialects.Length];
        DefaultHttpContext context = new();
        context.Request.Method = "POST";
        context.Request.Path = "/write";
        context.Request.QueryString = new QueryString(query < 0 ? "" : head[query..]);
        string packed = Encoding.Latin1.GetString(bytes, first + 1, second - first - 1);
        if (packed.Length > 0) context.Request.Headers.ContentEncoding = packed;
        byte[] body = bytes[(second + 1)..];
        context.Request.ContentLength = body.Length;
        context.Request.Body = new MemoryStream(body);
        using MemoryStream answer = new();
        context.Response.Body = answer;
        MemoryTarget target = new();
        IngestPipeline pipeline = new(
            target,
            IngestRig.Setup(new IngestLimits { BodyBytesMax = BodyBytesMax, RefusalsListedMax = 100 }));
        WriteHandler handler = new(pipeline, new WriteEndpointOptions(), NullLogger.Instance);
        Task handled = handler.HandleAsync(context, dialect);
        Assert.True(handled.IsCompleted);
        handled.GetAwaiter().GetResult();
        Check(context, answer, pipeline, target);
    }

    private static void Check(
        DefaultHttpContext context, MemoryStream answer, IngestPipeline pipeline, MemoryTarget target)
    {
        int status = context.Response.StatusCode;
        Assert.True(status is 204 or 400 or 404 or 413 or 422, $"status {status}");
        Assert.Equal(pipeline.Stats.Accepted, target.Batches.Sum(batch => (long)batch.RowCount));
        if (status == 204)
        {
            Assert.Equal((0L, 0L), (answer.Length, pipeline.Stats.Rejected));
            return;
        }

        // What is wrong is said in JSON, and headers hold nothing that ends them.
        using JsonDocument said = JsonDocument.Parse(answer.ToArray());
        Assert.Equal(JsonValueKind.Object, said.RootElement.ValueKind);
        foreach ((string _, Microsoft.Extensions.Primitives.StringValues value) in context.Response.Headers)
            Assert.All(value.ToString(), c => Assert.InRange(c, ' ', '~'));
    }

    private static byte[] Pack(ReadOnlySpan<byte> plain)
    {
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(plain);
        return packed.ToArray();
    }
}
