using System.Globalization;
using TsDb.Cli.Output;

namespace TsDb.Load.Queries;

/// <summary>
/// The same questions over the rows of eight edges, to a cluster of one node and to clusters of three on the
/// same machine, which are asked in turn: what it costs that data is spread. Of several builds, each has its
/// clusters, and all are asked in turn.
/// </summary>
internal static class SpreadRun
{
    private const int Seed = 11;
    private const int EdgeCount = 8;

    /// <summary>Measures and prints; 1 if an answer lacked a node.</summary>
    public static async Task<int> RunAsync(
        IReadOnlyList<SpreadBuild> builds, int hosts, int hours, int instances, int repetitions, int turns)
    {
        IReadOnlyList<Question> questions = QuerySet.Of(hosts, hours, instances, Seed);
        List<SpreadFleet> fleets = [];
        try
        {
            foreach (SpreadBuild build in builds)
            foreach ((int nodes, int replication) in ((int, int)[])[(1, 1), (3, 1), (3, 2)])
            {
                SpreadFleet fleet = new(build, nodes, replication, EdgeCount);
                fleets.Add(fleet);
                await fleet.StartAsync(Shapes(hosts, hours));
                Console.WriteLine($"  {fleet.Name}: {hosts * hours * 360:N0} rows of {EdgeCount} edges");
            }

            List<int> whole = [];
            foreach (SpreadFleet fleet in fleets) whole.Add(await fleet.CountWholeAsync(questions));
            IReadOnlyList<QueryTimes>[] turned = await QueryTimes.MeasureInTurnAsync(
                [.. fleets.Select(fleet => ((IQueryTarget)fleet.Target, fleet.Processes))],
                questions, repetitions, turns);
            string[] named = [.. whole.Select(count => $"{count} of {questions.Count}")];
            await PrintAsync(fleets, turned, hours, named);
            return whole.All(count => count == questions.Count) ? 0 : 1;
        }
        finally
        {
            foreach (SpreadFleet fleet in fleets) await fleet.DisposeAsync();
        }
    }

    private static async Task PrintAsync(
        List<SpreadFleet> fleets, IReadOnlyList<QueryTimes>[] turned, int hours, string[] whole)
    {
        QueryTimes[] all = [.. turned.Select(QueryTimes.Of)];

        // The cluster of one node of the same build comes before those of three.
        int[] one = [.. fleets.Select((_, at) => fleets.FindLastIndex(at, fleet => fleet.IsOneNode))];
        TextTable table = new(["median ms (processor ms)", .. fleets.Select(fleet => fleet.Name)]);
        foreach ((string type, _) in QueryGoals.All)
        {
            table.Add([type, .. all.Select(
                times => $"{Text(times.Median(type))} ({Text(times.CpuMilliseconds(type))})")]);
        }

        table.Add(["processor ms of the nodes a question", .. all.Select(
            times => Text(times.CpuSeconds * 1_000 / times.Count))]);
        table.Add(["times that of one node", .. all.Select(
            (times, at) => Text(times.CpuSeconds / all[one[at]].CpuSeconds))]);
        table.Add(["the same, turn by turn", .. turned.Select((turns, at) => string.Join(' ', turns.Select(
            (times, turn) => Text(times.CpuSeconds / turned[one[at]][turn].CpuSeconds))))]);
        table.Add(["answers that name all nodes", .. whole]);
        foreach (int span in (int[])[hours / 4, hours / 2, hours])
        {
            List<string> travel = [];
            foreach (SpreadFleet fleet in fleets) travel.Add(await fleet.TravelAsync(span));
            table.Add([$"hourly mean per host, {span} h: groups, bytes that travel", .. travel]);
        }

        table.Print(Console.Out);
    }

    private static CpuShape[] Shapes(int hosts, int hours) =>
    [
        .. Enumerable.Range(0, EdgeCount).Select(edge =>
        {
            int first = hosts * edge / EdgeCount;
            return new CpuShape((hosts * (edge + 1) / EdgeCount) - first, hours, first);
        }),
    ];

    private static string Text(double? value) => value?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";
}
