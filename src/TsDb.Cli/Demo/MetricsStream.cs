using System.Globalization;
using TsDb.Adapters.Mqtt;
using TsDb.Cli.Nodes;
using TsDb.Model;

namespace TsDb.Cli.Demo;

/// <summary>Streams samples to one edge until it is told to stop, counting only what the edge
/// acknowledged.</summary>
internal sealed class MetricsStream(MachineMetrics metrics, TimeProvider clock)
{
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(200);

    private long _points;
    private long _bytes;

    /// <summary>Points that the edge acknowledged so far.</summary>
    public long Points => Interlocked.Read(ref _points);

    /// <summary>Bytes of line protocol acknowledged so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Publishes over MQTT, QoS 1.</summary>
    public async Task OverMqttAsync(NodePlan edge, CancellationToken stop)
    {
        await using LinePublisher publisher =
            await LinePublisher.ConnectAsync($"mqtt://{edge.Mqtt}", "tsdb-demo", CancellationToken.None);
        await RunAsync(lines =>
            publisher.PublishAsync("tsdb/write/default", lines, CancellationToken.None), stop);
    }

    /// <summary>Posts over HTTP, as InfluxDB 2 clients do.</summary>
    public async Task OverHttpAsync(NodePlan edge, CancellationToken stop)
    {
        using NodeClient node = new(edge.Url);
        await RunAsync(
            async lines =>
            {
                using HttpRequestMessage request =
                    new(HttpMethod.Post, "/api/v2/write?bucket=default&precision=ns")
                {
                    Content = new ByteArrayContent(lines),
                };
                using HttpResponseMessage response = await node.SendAsync(request, CancellationToken.None);
                await NodeClient.RequireSuccessAsync(response, CancellationToken.None);
            },
            stop);
    }

    private async Task RunAsync(Func<byte[], Task> send, CancellationToken stop)
    {
        using PeriodicTimer timer = new(SampleEvery, clock);
        while (!stop.IsCancellationRequested)
        {
            (byte[] lines, int points) = metrics.Sample();
            await SendUntilTakenAsync(send, lines);
            Interlocked.Add(ref _points, points);
            Interlocked.Add(ref _bytes, lines.Length);
            try
            {
                await timer.WaitForNextTickAsync(stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Sending the same points again is safe: a point counts once.</summary>
    private async Task SendUntilTakenAsync(Func<byte[], Task> send, byte[] lines)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                await send(lines);
                return;
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.Unavailable && tries < 10)
            {
                string count = tries.ToString(CultureInfo.InvariantCulture);
                await Console.Error.WriteLineAsync(
                    $"  the edge did not take a sample (try {count}): {e.Message}");
                await Task.Delay(SampleEvery, clock, CancellationToken.None);
            }
        }
    }
}
