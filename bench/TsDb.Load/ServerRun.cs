using System.Diagnostics;
using System.Threading.Channels;
using TsDb.Cli.Demo;

namespace TsDb.Load;

/// <summary>Loads one server that stands alone, the same way whichever it is.</summary>
internal static class ServerRun
{
    public const int LinesPerRequest = 5_000;
    public const int Connections = 4;

    // It is idle when four looks in a row, half a second apart, find hardly any processor time used.
    private const int CalmLooks = 4;
    private const double CalmSeconds = 0.03;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(30);

    /// <summary>Starts the server, sends the requests over all connections, and ends it again.</summary>
    /// <param name="server">The server.</param>
    /// <param name="folder">Where its data and its log lie.</param>
    /// <param name="requests">Bodies of lines.</param>
    /// <param name="rows">How many lines they have.</param>
    /// <param name="afterwards">What else is done with the loaded server, given its process; null for
    /// nothing.</param>
    public static async Task<ServerFigures> MeasureAsync(
        LoadServer server,
        DirectoryInfo folder,
        IEnumerable<byte[]> requests,
        long rows,
        Func<int, Task>? afterwards = null)
    {
        NodeProcess process =
            NodeProcess.Start("server", server.Command, folder.FullName, TimeProvider.System);
        try
        {
            using HttpClient client = new() { BaseAddress = server.Url };
            await UntilReadyAsync(client, server.ReadyPath);
            if (server.Before is { } before) await PostAsync(client, before, []);
            ProcessFigures start = ProcessFigures.Of(process.Id);
            long started = Stopwatch.GetTimestamp();
            List<double> latencies = await SendAsync(client, server.WritePath, requests);
            TimeSpan sent = Stopwatch.GetElapsedTime(started);
            if (server.After is { } after) await PostAsync(client, after, []);
            ProcessFigures end = await IdleAsync(process.Id);
            latencies.Sort();
            if (afterwards is not null) await afterwards(process.Id);
            return new ServerFigures(
                rows / (end.CpuSeconds - start.CpuSeconds), rows / sent.TotalSeconds,
                latencies[latencies.Count / 2], latencies[latencies.Count * 99 / 100],
                end.PeakBytes, start.PeakBytes);
        }
        finally
        {
            await process.StopAsync(CancellationToken.None);
        }
    }

    private static async Task UntilReadyAsync(HttpClient client, string path)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri(path, UriKind.Relative));
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(started) < ReadyWithin)
            {
                // It does not listen yet.
            }

            await Task.Delay(PollEvery, TimeProvider.System, CancellationToken.None);
        }
    }

    private static async Task<List<double>> SendAsync(
        HttpClient client, string path, IEnumerable<byte[]> requests)
    {
        Channel<byte[]> queue = Channel.CreateBounded<byte[]>(2 * Connections);
        List<double> latencies = [];
        Task[] senders = [.. Enumerable.Range(0, Connections).Select(async _ =>
        {
            await foreach (byte[] request in queue.Reader.ReadAllAsync())
            {
                long started = Stopwatch.GetTimestamp();
                await PostAsync(client, path, request);
                lock (latencies) latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        })];
        foreach (byte[] request in requests) await queue.Writer.WriteAsync(request);
        queue.Writer.Complete();
        await Task.WhenAll(senders);
        return latencies;
    }

    private static async Task PostAsync(HttpClient client, string path, byte[] body)
    {
        using ByteArrayContent content = new(body);
        using HttpResponseMessage answer = await client.PostAsync(new Uri(path, UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<ProcessFigures> IdleAsync(int process)
    {
        ProcessFigures last = ProcessFigures.Of(process);
        for (int calm = 0; calm < CalmLooks;)
        {
            await Task.Delay(LookEvery, TimeProvider.System, CancellationToken.None);
            ProcessFigures now = ProcessFigures.Of(process);
            calm = now.CpuSeconds - last.CpuSeconds < CalmSeconds ? calm + 1 : 0;
            last = now;
        }

        return last;
    }
}
