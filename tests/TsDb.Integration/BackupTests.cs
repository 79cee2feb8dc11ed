using System.Text.Json;
using TsDb.Adapters.Disk;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;
using TsDb.Storage.Backup;

namespace TsDb.Integration;

/// <summary>
/// A fleet is backed up while it works, loses everything and comes back from its backups: what was
/// acknowledged before is there, each point once, at the edge and in the cloud.
/// </summary>
public sealed class BackupTests
{
    // The catalog, the configuration and the node's own file: they come with every backup.
    private const int StateFiles = 3;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fleet_that_lost_every_disk_comes_back_from_backups_taken_under_load()
    {
        await using TestFleet fleet = await TestFleet.StartAsync(
            clouds: 3, edges: 1, cloudFlags: ["--replication", "2"],
            edgeFlags: ["--seal-age", "500ms", "--ship-delay", "50ms"]);
        NodePlan edge = fleet.Edges[0];
        NodePlan[] all = [edge, .. fleet.Clouds];
        HttpNumberedWriter writer =
            new("w", fleet.Fleet.Client(edge)) { Rest = TimeSpan.FromMilliseconds(25) };
        using CancellationTokenSource stop = new();
        Task writing = writer.RunAsync(stop.Token);
        await fleet.Fleet.UntilAsync(
            "points are in the cloud", Soon,
            async () => await CountAsync(fleet, fleet.Clouds[0]) > 2_000, Ct);
        long atCloud = await CountAsync(fleet, fleet.Clouds[0]);
        long atEdge = writer.Acknowledged;
        foreach (NodePlan node in all) await BackUpAsync(fleet, node);

        await AssertOnlyWhatIsNewComesAsync(fleet, fleet.Clouds[2]);
        Assert.True(writer.Acknowledged > atEdge, "it was not written meanwhile");
        await stop.CancelAsync();
        await writing;
        foreach (NodePlan node in all)
        {
            await fleet.Fleet.KillAsync(node, Ct);
            Directory.Delete(Path.Combine(fleet.Folder, node.Name), recursive: true);
        }

        foreach (NodePlan node in all) await RestoreAsync(fleet, node);
        await Task.WhenAll(fleet.Clouds.Select(node => fleet.Fleet.RestartAsync(node, Ct)));
        await fleet.Fleet.UntilAsync("the cloud answers as before", Soon, async () =>
            await CountAsync(fleet, fleet.Clouds[1]) >= atCloud, Ct);
        await fleet.Fleet.RestartAsync(edge, Ct);
        await AssertWholeAsync(fleet, edge, atEdge);
        await fleet.DrainAsync();
        await fleet.Fleet.UntilAsync("the edge has told the cloud the rest", Soon, async () =>
            await CountAsync(fleet, fleet.Clouds[2]) >= atEdge, Ct);
        foreach (NodePlan cloud in fleet.Clouds) await AssertWholeAsync(fleet, cloud, atEdge);
        await RestoreOneAsync(fleet, atEdge);

        // It goes on, under its new incarnation.
        await TestFleet.WriteAsync(edge, new MemoryStream("after v=1i 1\n"u8.ToArray()));
        await fleet.DrainAsync();
        Assert.Equal(1, await fleet.NumberAsync(fleet.Clouds[0], "SELECT count(*) AS n FROM after"));
    }

    // Once more, as every night: what is there does not come again. A compaction may have replaced every
    // segment in between, therefore until something has stayed.
    private static Task AssertOnlyWhatIsNewComesAsync(TestFleet fleet, NodePlan node) =>
        fleet.Fleet.UntilAsync("a backup finds files of the one before", Soon, async () =>
        {
            HashSet<string> before = SegmentsOf(fleet, node);
            CommandLine again = await BackUpAsync(fleet, node);
            HashSet<string> after = SegmentsOf(fleet, node);
            int kept = after.Count(before.Contains);
            int all = after.Count + StateFiles;
            Assert.Matches($" {all} files, .*; {all - kept} files, .* were new", again.Output);
            return kept > 0;
        }, Ct);

    private static HashSet<string> SegmentsOf(TestFleet fleet, NodePlan node)
    {
        using DataDirectory disk = DataDirectory.Open(FolderOf(fleet, node));
        return [.. BackupFolder.Open(disk).Present().Keys];
    }

    // One node of a cluster that lives: its backup is old by now, and only what it lacks is fetched.
    private static async Task RestoreOneAsync(TestFleet fleet, long count)
    {
        NodePlan node = fleet.Clouds[1];
        await fleet.Fleet.KillAsync(node, Ct);
        Directory.Delete(Path.Combine(fleet.Folder, node.Name), recursive: true);
        await RestoreAsync(fleet, node);
        await fleet.Fleet.RestartAsync(node, Ct);
        await fleet.Fleet.UntilAsync("it counts again", Soon, async () =>
        {
            JsonElement[] answer = await fleet.AskAsync(
                node, $"SELECT count(*) AS n FROM load WHERE v < {count}", "all");
            return answer[0].GetProperty("n").GetInt64() == count;
        }, Ct);
    }

    private static async Task<CommandLine> BackUpAsync(TestFleet fleet, NodePlan node)
    {
        CommandLine done = await CommandLine.RunAsync(
            "backup", "--url", node.Url, "--to", FolderOf(fleet, node));
        Assert.Equal((0, ""), (done.ExitCode, done.Errors));
        return done;
    }

    private static async Task RestoreAsync(TestFleet fleet, NodePlan node)
    {
        CommandLine done = await CommandLine.RunAsync(
            "restore", "--from", FolderOf(fleet, node), "--to", Path.Combine(fleet.Folder, node.Name));
        Assert.Equal((0, ""), (done.ExitCode, done.Errors));
    }

    private static string FolderOf(TestFleet fleet, NodePlan node) =>
        Path.Combine(fleet.Folder, "backups", node.Name);

    private static Task<long> CountAsync(TestFleet fleet, NodePlan node) =>
        fleet.NumberAsync(node, "SELECT count(*) AS n FROM load");

    private static async Task AssertWholeAsync(TestFleet fleet, NodePlan node, long count)
    {
        JsonElement[] answer = await fleet.AskAsync(
            node, $"SELECT count(*) AS n, count(DISTINCT v) AS d, sum(v) AS s FROM load WHERE v < {count}");
        Assert.Equal(
            (count, count, count * (count - 1) / 2),
            (answer[0].GetProperty("n").GetInt64(), answer[0].GetProperty("d").GetInt64(),
                long.Parse(answer[0].GetProperty("s").ToString(), null)));
    }
}
