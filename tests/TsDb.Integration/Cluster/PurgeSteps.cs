using System.Text;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration.Cluster;

/// <summary>
/// Erasure for good as a part of a fleet's day: what was erased is in no file of any node or edge afterwards,
/// nor is what comes late, and it cannot be lifted.
/// </summary>
internal sealed class PurgeSteps(TestFleet fleet)
{
    private const string Count = "SELECT count(*) AS n FROM p";

    // Of tags and of fields that no condition names: the cluster's configuration keeps what conditions say.
    private static readonly string[] Secrets = ["serial-7f31c5", "confidential-91ab"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private NodePlan Edge => fleet.Edges[0];

    /// <summary>Erases one of two hosts for good.</summary>
    public async Task PurgeAsync()
    {
        await WriteAsync("p,host=a,serial=serial-7f31c5 note=\"confidential-91ab\" 1\n"
            + "p,host=b,serial=serial-other note=\"kept-17\" 2\n");
        foreach (NodePlan node in fleet.Clouds)
        {
            Assert.Equal(2, await fleet.NumberAsync(node, Count));
            Assert.All(Secrets, secret => Assert.NotEmpty(FilesWith(node, secret)));
        }

        CommandLine purged = await CommandLine.RunAsync(
            "delete", "--url", fleet.Clouds[1].Url, "--table", "p", "--where", "host=a", "--before", "1000",
            "--purge", "--wait", "60s");
        Assert.Equal((0, ""), (purged.ExitCode, purged.Errors));
        string number = purged.Output.Split(' ')[1];
        RequireGone();
        foreach (NodePlan node in (NodePlan[])[Edge, .. fleet.Clouds])
        {
            Assert.Contains("none: removed", purged.Output.Split('\n').Single(
                line => line.Contains(node.Name, StringComparison.Ordinal)), StringComparison.Ordinal);
        }

        CommandLine refused = await CommandLine.RunAsync(
            "delete", "lift", number, "--url", fleet.Clouds[0].Url);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("is final", refused.Errors, StringComparison.Ordinal);
    }

    /// <summary>The edge has the points once more, from somebody who was away.</summary>
    public Task WriteLateAsync() => WriteAsync(
        "p,host=a,serial=serial-7f31c5 note=\"confidential-91ab\" 1\n"
        + "p,host=a,serial=serial-7f31c5 note=\"confidential-91ab\" 3\n");

    /// <summary>Waits until all have removed what they have, and looks into every file.</summary>
    /// <remarks>What comes late is stored, and removed soon after: who had nothing left a moment ago may have
    /// something again.</remarks>
    public async Task CheckAsync(NodePlan[] nodes)
    {
        string found = "";
        try
        {
            await fleet.Fleet.UntilAsync("all is removed", TimeSpan.FromSeconds(60), async () =>
            {
                found = await FindAsync(nodes);
                return found.Length == 0;
            }, Ct);
        }
        catch (TsDbException e)
        {
            Assert.Fail($"{e.Message}; still there: {found}");
        }
    }

    // What is left of what was erased, as far as it is told or seen.
    private async Task<string> FindAsync(NodePlan[] nodes)
    {
        JsonNode answer = await fleet.Fleet.Client(nodes[0]).GetJsonAsync("/api/v1/erasures", Ct);
        if (!answer["nodes"]!.AsArray().Concat(answer["edges"]!.AsArray())
            .All(party => party!["files_left"]?.GetValue<long>() == 0)) return answer.ToJsonString();
        foreach (NodePlan node in (NodePlan[])[Edge, .. nodes])
        {
            string? file = Secrets.SelectMany(secret => FilesWith(node, secret)).FirstOrDefault();
            if (file is not null) return file;
            Assert.Equal(1, await fleet.NumberAsync(node, Count));
        }

        return "";
    }

    private void RequireGone()
    {
        foreach (NodePlan node in (NodePlan[])[Edge, .. fleet.Clouds])
            Assert.All(Secrets, secret => Assert.Empty(FilesWith(node, secret)));
    }

    private string[] FilesWith(NodePlan node, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return
        [
            .. Directory.EnumerateFiles(
                Path.Combine(fleet.Folder, node.Name), "*", SearchOption.AllDirectories)
                .Where(file => Path.GetFileName(file) != "lock" && Read(file).AsSpan().IndexOf(bytes) >= 0),
        ];
    }

    // A file that goes meanwhile has nothing.
    private static byte[] Read(string file)
    {
        try
        {
            using FileStream stream = new(
                file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[stream.Length];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return bytes[..length];
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }

    private async Task WriteAsync(string lines)
    {
        await TestFleet.WriteAsync(Edge, new MemoryStream(Encoding.UTF8.GetBytes(lines)));
        await fleet.DrainAsync();
    }
}
