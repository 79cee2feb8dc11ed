using System.Globalization;
using System.Text;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;

namespace TsDb.Integration.Cluster;

/// <summary>
/// Merging at the cloud nodes as a part of a fleet's day: many small shipments of an old day end as few files
/// at each owner, and no answer changes while that happens.
/// </summary>
internal sealed class CompactionSteps(TestFleet fleet)
{
    private const int Shipments = 12;
    private const int PointsEach = 40;
    private const long Start = 1_690_000_000_000_000_000;
    private const string Question = "SELECT count(*) AS n, sum(v) AS s, min(v) AS lo, max(w) AS hi FROM c";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Ships points of one day in many shipments, each with some that the one before had.</summary>
    public async Task WriteAsync()
    {
        for (int shipment = 0; shipment < Shipments; shipment++)
        {
            string lines = string.Concat(Enumerable.Range(shipment * PointsEach, PointsEach + 1).Select(
                n => string.Create(CultureInfo.InvariantCulture, $"c v={n}i,w={shipment}i {Start + n}\n")));
            await TestFleet.WriteAsync(
                fleet.Edges[0], new MemoryStream(Encoding.UTF8.GetBytes(lines)));
            await fleet.DrainAsync();
        }
    }

    /// <summary>Asks all nodes until each has few files, then whether edge and cloud have the same.</summary>
    public async Task CheckAsync(NodePlan[] nodes)
    {
        string expected = Expected();
        await fleet.Fleet.UntilAsync("the files are merged", Soon, async () =>
        {
            int[] files = [.. nodes.Select(FilesOf)];
            foreach (NodePlan node in nodes)
                Assert.Equal(expected, (await fleet.AskAsync(node, Question)).Single().GetRawText());

            // Eight, and the last ones of the day; three of the nodes own it.
            return files.Count(count => count is 1 or 2) == 3 && files.Sum() <= 6;
        }, Ct);
        foreach (NodePlan node in nodes)
            Assert.Equal(expected, (await fleet.AskAsync(node, Question)).Single().GetRawText());
        CommandLine equal = await CommandLine.RunAsync(
            "verify", "--url", fleet.Edges[0].Url, "--cloud", nodes[0].Url);
        Assert.Equal((0, ""), (equal.ExitCode, equal.Errors));
        Assert.Contains("equal", equal.Output, StringComparison.Ordinal);
    }

    private static string Expected()
    {
        int last = Shipments * PointsEach;
        return string.Create(CultureInfo.InvariantCulture,
            $$"""{"n":{{last + 1}},"s":{{last * (last + 1) / 2}},"lo":0,"hi":{{Shipments - 1}}}""");
    }

    private int FilesOf(NodePlan node)
    {
        string folder = Path.Combine(fleet.Folder, node.Name, "segments", "default", "c");
        return Directory.Exists(folder)
            ? Directory.GetFiles(folder, "*.parquet", SearchOption.AllDirectories).Length : 0;
    }
}
