using System.Threading.Channels;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;

namespace TsDb.Load.Queries;

/// <summary>Brings rows into a fleet: each edge gets its hosts', and all is durable in the cloud after
/// it.</summary>
internal static class FleetLoad
{
    private static readonly TimeSpan DurableWithin = TimeSpan.FromMinutes(3);

    /// <summary>Sends one shape to each edge and waits until nothing is left to ship.</summary>
    public static async Task SendAsync(Fleet fleet, IReadOnlyList<CpuShape> shapes)
    {
        NodePlan[] edges = [.. fleet.Plan.Edges];
        Channel<(NodePlan Edge, byte[] Body)> queue =
            Channel.CreateBounded<(NodePlan Edge, byte[] Body)>(2 * ServerRun.Connections);
        Task[] senders = [.. Enumerable.Range(0, ServerRun.Connections).Select(async _ =>
        {
            await foreach ((NodePlan edge, byte[] body) in queue.Reader.ReadAllAsync())
                await PostAsync(fleet.Client(edge), "/write?db=default&precision=ns", body);
        })];
        List<IEnumerator<byte[]>> open = [.. shapes.Select(
            shape => shape.Requests(ServerRun.LinesPerRequest).GetEnumerator())];
        for (bool any = true; any;)
        {
            any = false;
            for (int i = 0; i < open.Count; i++)
            {
                if (!open[i].MoveNext()) continue;
                any = true;
                await queue.Writer.WriteAsync((edges[i], open[i].Current));
            }
        }

        queue.Writer.Complete();
        await Task.WhenAll(senders);
        foreach (NodePlan edge in edges) await PostAsync(fleet.Client(edge), "/api/v1/flush", []);
        await fleet.UntilAsync("everything is durable in the cloud", DurableWithin, async () =>
        {
            foreach (NodePlan edge in edges)
            {
                long? pending = (await fleet.StatusAsync(edge, CancellationToken.None))
                    ["ship"]?["segments_pending"]?.GetValue<long>();
                if (pending != 0) return false;
            }

            return true;
        }, CancellationToken.None);
    }

    private static async Task PostAsync(NodeClient node, string path, byte[] body)
    {
        using HttpRequestMessage request =
            new(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        using HttpResponseMessage answer = await node.SendAsync(request, CancellationToken.None);
        await NodeClient.RequireSuccessAsync(answer, CancellationToken.None);
    }
}
