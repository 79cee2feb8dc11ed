using System.Globalization;
using System.Net;
using System.Text;
using TsDb.Adapters.Mqtt;
using TsDb.Cli.Demo;
using TsDb.Integration.Tracing;
using TsDb.Model;

namespace TsDb.Integration;

/// <summary>
/// What the programs ask of the system, in order: nothing is acknowledged before the disk has it.
/// </summary>
public sealed class SyscallTests(ITestOutputHelper output)
{
    private const int WritersOfAKind = 4;
    private const int RequestsOfAWriter = 30;
    private const int PublishesAtOnce = 3;
    private const int RoundCount = 3;
    private const int DaysMax = 6;
    private const int FaultsShownMax = 10;
    private const long StartNanoseconds = 1_700_000_000_000_000_000;
    private const long DayNanoseconds = 86_400_000_000_000;

    [Fact]
    public async Task Every_204_PUBACK_durable_and_stored_comes_after_a_completed_fsync_of_its_bytes()
    {
        Strace.Require();
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using TracedFleet fleet = await TracedFleet.StartAsync(ct);
        for (int round = 0; round < RoundCount; round++)
        {
            int first = round * RequestsOfAWriter;
            await Task.WhenAll(Enumerable.Range(0, WritersOfAKind).SelectMany(n => new[]
            {
                WriteAsync(fleet, (char)('a' + n), first, ct),
                PublishAsync(fleet, (char)('p' + n), first, ct),
            }));
            await fleet.DrainAsync(ct);
        }

        await fleet.SettleAsync(ct);
        IReadOnlyDictionary<string, List<SystemCall>> traces = await fleet.EndAsync(ct);
        ProveEdge(traces[fleet.Edge.Name]);
        foreach (NodePlan cloud in fleet.Plan.Clouds) ProveCloud(cloud.Name, traces[cloud.Name]);
        fleet.Discard();
    }

    private void ProveEdge(List<SystemCall> calls)
    {
        Acknowledgement[] said = [.. Acknowledgements.In(calls)];
        LogProof proof = new(calls);
        RequireNone([.. said.Select(proof.FaultOf).OfType<string>()]);
        int[] counts = [.. new[] { "204", "PUBACK" }.Select(what => said.Count(one => one.What == what))];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"edge: {counts[0]} 204 and {counts[1]} PUBACK proven, "
                + $"with {proof.SyncCount} syncs of the log"));
        int expected = WritersOfAKind * RequestsOfAWriter * RoundCount;
        Assert.Equal([expected, expected], counts);
        Assert.Equal(said.Length, said.Select(one => one.Mark).Distinct(StringComparer.Ordinal).Count());
        Assert.True(proof.SyncCount < said.Length, "no two requests shared an fsync: groups were not tried");
    }

    private void ProveCloud(string name, List<SystemCall> calls)
    {
        StoredClaim[] said = [.. new CloudClaims(new NodeId(name)).In(calls)];
        SegmentProof proof = new(calls);
        RequireNone([.. said.Select(proof.FaultOf).OfType<string>()]);

        // Durable is the word of two: another owner's, which its own trace proves, was here before.
        ILookup<ContentHash, StoredClaim> heard = CloudClaims.Heard(calls).ToLookup(one => one.Hash);
        Assert.Empty(said.Where(one => one.What == "durable"
            && !heard[one.Hash].Any(word => word.Said.IsDoneBefore(one.Said))));
        string counts = string.Join(", ", said.CountBy(one => one.What).OrderBy(pair => pair.Key,
            StringComparer.Ordinal).Select(pair => $"{pair.Value} {pair.Key}"));
        output.WriteLine($"{name}: {counts} proven");
        Assert.NotEmpty(said);
    }

    private static void RequireNone(string[] faults) => Assert.True(
        faults.Length == 0, $"{faults.Length} faults:\n{string.Join('\n', faults.Take(FaultsShownMax))}");

    private static async Task WriteAsync(TracedFleet fleet, char letter, int first, CancellationToken ct)
    {
        for (int n = first; n < first + RequestsOfAWriter; n++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/api/v2/write?bucket=default")
            {
                Content = new StringContent(Line(letter, n)),
            };
            using HttpResponseMessage response = await fleet.Client.SendAsync(request, ct);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }
    }

    private static async Task PublishAsync(TracedFleet fleet, char letter, int first, CancellationToken ct)
    {
        await using LinePublisher publisher = await LinePublisher.ConnectAsync(
            $"mqtt://{fleet.Edge.Mqtt}", $"sensor-{letter}-{first}", ct);
        for (int n = first; n < first + RequestsOfAWriter; n += PublishesAtOnce)
        {
            await Task.WhenAll(Enumerable.Range(n, PublishesAtOnce).Select(number => publisher.PublishAsync(
                "tsdb/write/default", Encoding.UTF8.GetBytes(Line(letter, number)), ct)));
        }
    }

    // Several days: several cells, shards and segments.
    private static string Line(char letter, int n)
    {
        long time = StartNanoseconds + (n % DaysMax * DayNanoseconds) + n;
        return string.Create(
            CultureInfo.InvariantCulture, $"proof,mark={Acknowledgements.Mark(letter, n)} v={n}i {time}\n");
    }
}
