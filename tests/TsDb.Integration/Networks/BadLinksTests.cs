using System.Net;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;
using TsDb.Load.Wire;

namespace TsDb.Integration.Networks;

/// <summary>
/// A fleet whose every link, from edges to brokers and between nodes, goes through a forwarder that is late,
/// loses, doubles, stalls and cuts.
/// </summary>
public sealed class BadLinksTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50);
    private static readonly LinkFaults Bad =
        new(TimeSpan.FromMilliseconds(25), LossShare: 0.1, DoubleShare: 0.1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Late_lost_doubled_stalled_and_cut_links_cost_no_point_and_bring_none_twice()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-test-");
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 3, edges: 2);

        // Each node listens on 127.0.0.1, and is known to all others as 127.0.1.x: there its forwarders are.
        int host = 0;
        plan = plan with
        {
            Nodes = [.. plan.Nodes.Select(n => n.IsCloud ? n with { Advertise = $"127.0.1.{++host}" } : n)],
            EdgeFlags = ["--seal-age", "200ms", "--ship-delay", "50ms"],
        };
        Forwarder[] brokers = [.. plan.Clouds.Select((n, i) => Between(n, n.Mqtt, isMqtt: true, i))];
        Forwarder[] raft = [.. plan.Clouds.Select((n, i) => Between(n, n.Cluster, isMqtt: false, 10 + i))];
        Forwarder[] flight = [.. plan.Clouds.Select((n, i) => Between(n, n.Flight, isMqtt: false, 20 + i))];
        Forwarder[] all = [.. brokers, .. raft, .. flight];
        await using (TestFleet fleet = await TestFleet.StartAsync(folder, plan))
        {
            using CancellationTokenSource stop = new();
            NumberedWriter[] writers =
            [
                .. fleet.Edges.Select(
                    e => new HttpNumberedWriter(e.Name, fleet.Fleet.Client(e)) { Rest = Rest }),
            ];
            Task[] writing = [.. writers.Select(writer => writer.RunAsync(stop.Token))];

            // Questions keep a connection on every cluster port: no Raft of others talks to the one that
            // leads.
            NumberedReader[] readers =
                [.. fleet.Clouds.Select(node => new NumberedReader(fleet, node, writers))];
            Task[] asking = [.. readers.Select(reader => reader.RunAsync(stop.Token))];
            await AnsweredAsync(fleet, readers, asking, "before the storm");
            foreach (Forwarder link in all) link.Faults = Bad;
            await StormAsync(brokers, raft, flight);
            await fleet.Fleet.UntilAsync(
                "some messages were lost and some doubled",
                Patience,
                () => Task.FromResult(brokers.Sum(b => b.Lost) > 2 && brokers.Sum(b => b.Doubled) > 2),
                Ct);
            foreach (Forwarder link in all) link.Faults = LinkFaults.None;
            await AnsweredAsync(fleet, readers, asking, "after it");
            await stop.CancelAsync();
            await Task.WhenAll([.. writing, .. asking]);
            await fleet.DrainAsync();
            long acknowledged = writers.Sum(writer => writer.Acknowledged);
            foreach (NodePlan node in fleet.Clouds)
            {
                await fleet.Fleet.UntilAsync(
                    $"{node.Name} counts {acknowledged}, asking all owners",
                    Patience,
                    async () => acknowledged
                        == await fleet.NumberAsync(node, "SELECT count(*) FROM load", "all"),
                    Ct);
            }

            Assert.True(acknowledged > 1_000, $"{acknowledged} points");
        }

        Assert.All(all, link => Assert.True(link.CutCount > 0 && link.Up > 0 && link.Down > 0));
        foreach (Forwarder link in all) await link.DisposeAsync();
    }

    private static Task AnsweredAsync(
        TestFleet fleet, NumberedReader[] readers, Task[] asking, string when)
    {
        int[] before = [.. readers.Select(reader => reader.Answers)];
        return fleet.Fleet.UntilAsync(
            $"every node answers {when}",
            Patience,
            async () =>
            {
                if (asking.FirstOrDefault(task => task.IsFaulted) is { } failed) await failed;
                return readers.Index().All(reader => reader.Item.Answers > before[reader.Index]);
            },
            Ct);
    }

    // Every kind of trouble once or twice, alone and over another.
    private static async Task StormAsync(Forwarder[] brokers, Forwarder[] raft, Forwarder[] flight)
    {
        await WaitAsync(1);
        foreach (Forwarder link in brokers) link.Cut();
        await WaitAsync(1);
        flight[1].Stall();
        raft[1].Stall();
        await WaitAsync(1);
        brokers[0].Stall();
        await WaitAsync(1.5);
        flight[1].Resume();
        raft[1].Resume();
        foreach (Forwarder link in flight) link.Cut();
        await WaitAsync(0.5);
        brokers[0].Resume();
        foreach (Forwarder link in raft) link.Cut();
        await WaitAsync(1);
        foreach (Forwarder link in (Forwarder[])[.. brokers, .. raft, .. flight]) link.Cut();
        await WaitAsync(1);
    }

    private static Task WaitAsync(double seconds) =>
        Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System, Ct);

    private static Forwarder Between(NodePlan node, string address, bool isMqtt, int seed) =>
        new(IPEndPoint.Parse(address), IPEndPoint.Parse(node.SeenAs(address)), isMqtt, seed);
}
