using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http.Write;

namespace TsDb.Tests.Adapters.Http;

/// <summary>Requests as no good client sends them: each has its answer, and others are served.</summary>
public sealed class HostileRequestTests
{
    private const string Good =
        "POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nm f=1 1\r\n";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST /write?db=d", "Host: x|Content-Length: 9|Content-Length: 8||m f=1 1|", 400)]
    [InlineData("POST /write?db=d", "Host: x|Content-Length: -9||m f=1 1|", 400)]
    [InlineData("POST /write?db=d", "Host: x|Content-Length: 99999999999999999999||m", 400)]
    [InlineData("POST /write?db=d", "Host: x|Content-Length: 9999999999||m f=1", 413)]
    [InlineData("POST /write?db=d", "Host: x|Transfer-Encoding: chunked||zz|m f=1 1|0||", 400)]
    [InlineData("POST /write?db=d", "Content-Length: 9||m f=1 1|", 400)]
    [InlineData("POST /write?db=d", "Host: x|Content-Encoding: br|Content-Length: 2||m|", 400)]
    [InlineData("POST /write?db=%00", "Host: x|Content-Length: 9||m f=1 1|", 400)]
    [InlineData("POST /write?db=..", "Host: x|Content-Length: 9||m f=1 1|", 400)]
    [InlineData("GET /write?db=d", "Host: x||", 405)]
    [InlineData("GET /../../etc/passwd", "Host: x||", 404)]
    [InlineData("BREW /write", "Host: x||", 405)]
    [InlineData("\0\u0001", "Host: x||", 400)]
    public async Task A_broken_request_has_its_status_and_stores_nothing(
        string line, string rest, int status)
    {
        await using WriteServer server = await WriteServer.StartAsync();
        string request = $"{line} HTTP/1.1\r\n{rest.Replace("|", "\r\n", StringComparison.Ordinal)}";
        Assert.Equal(status, await StatusAsync(server, request));
        Assert.Empty(server.Target.Batches);
        Assert.Equal(204, await StatusAsync(server, Good));
    }

    [Fact]
    public async Task Of_a_repeated_parameter_the_first_counts()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        Assert.Equal(204, (await server.PostAsync("/write?db=first&db=second", "m f=1 1")).Status);
        Assert.Equal(["first"], server.Target.Schemas.Databases);
    }

    [Fact]
    public async Task Huge_query_strings_and_headers_are_refused()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        string huge = new('a', 100_000);
        Assert.Equal(414, await StatusAsync(server, $"GET /query?q={huge} HTTP/1.1\r\nHost: x\r\n\r\n"));
        Assert.Equal(431, await StatusAsync(server, $"GET /ping HTTP/1.1\r\nHost: x\r\nX: {huge}\r\n\r\n"));
        string many = string.Concat(Enumerable.Repeat("a=b&", 1_900));
        Assert.Equal(204, (await server.PostAsync($"/write?{many}db=d", "m f=1 1")).Status);
        using StringContent form = new("q=" + new string('a', 3 << 20));
        form.Headers.ContentType = new("application/x-www-form-urlencoded");
        Assert.Equal(413, (await server.PostAsync("/query", form)).Status);
        // Again on the same connection: what was not read of the first stands in nobody's way.
        Assert.Equal(204, (await server.PostAsync("/write?db=d", "m f=1 2")).Status);
    }

    [Fact]
    public async Task Bodies_that_stall_are_broken_off_and_keep_no_room_from_others()
    {
        WriteEndpointOptions options = new()
        {
            Bodies = new ByteBudget(8 << 20, TimeProvider.System),
            BodyStallMax = TimeSpan.FromMilliseconds(300),
        };
        await using WriteServer server = await WriteServer.StartAsync(options: options);
        const string Head = "POST /write?db=d HTTP/1.1\r\nHost: x\r\n";
        string[] heads =
        [
            Head + "Content-Length: 33554432\r\n\r\nm f=1 1\r\n",
            Head + "Transfer-Encoding: chunked\r\n\r\n9\r\nm f=1",
            Head + "Content-Encoding: gzip\r\nContent-Length: 4000000\r\n\r\n\u001f",
        ];
        Task<int>[] stalled = [.. heads.SelectMany(head => Enumerable.Repeat(head, 7))
            .Select(head => StatusAsync(server, head))];
        for (int i = 0; i < 20; i++)
            Assert.Equal(204, (await server.PostAsync("/write?db=d", "m f=1 1")).Status);
        foreach (int status in await Task.WhenAll(stalled)) Assert.Equal(503, status);
    }

    [Fact]
    public async Task A_client_that_hangs_up_in_the_middle_stores_nothing()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        for (int i = 0; i < 20; i++)
        {
            string cut = Good.Replace(": 9", ": 99", StringComparison.Ordinal);
            using Socket socket = await SendAsync(server, cut);
            socket.LingerState = new LingerOption(enable: i % 2 == 0, seconds: 0);
        }

        Assert.Equal(204, await StatusAsync(server, Good));
        Assert.Single(server.Target.Points("d", "m"));
    }

    [Fact]
    public async Task Many_idle_connections_leave_room_for_a_writer()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        List<Socket> idle = [];
        try
        {
            for (int i = 0; i < 400; i++)
                idle.Add(await SendAsync(server, i % 2 == 0 ? "" : Good[..(i % 60)]));
            Assert.Equal(204, await StatusAsync(server, Good));
        }
        finally
        {
            foreach (Socket socket in idle) socket.Dispose();
        }
    }

    private static async Task<Socket> SendAsync(WriteServer server, string request)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Client.BaseAddress!.Port), Ct);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request), Ct);
        return socket;
    }

    private static async Task<int> StatusAsync(WriteServer server, string request)
    {
        using Socket socket = await SendAsync(server, request);
        byte[] answer = new byte[12];
        int length = 0;
        while (length < answer.Length)
        {
            int read = await socket.ReceiveAsync(answer.AsMemory(length), Ct);
            if (read == 0) break;
            length += read;
        }

        return int.Parse(Encoding.ASCII.GetString(answer, 9, 3), CultureInfo.InvariantCulture);
    }
}
