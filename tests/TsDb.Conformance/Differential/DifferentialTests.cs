using System.Globalization;
using TsDb.Conformance.Fleets;
using TsDb.Model;

namespace TsDb.Conformance.Differential;

/// <summary>
/// Random tables and statements: one DuckDB over all points, one node that has them all, and clusters on
/// which they are spread must answer the same, before compaction and after, and so must edges that have them
/// all, sealed and not, asked through a cluster that has none; then some points are erased, and again some of
/// these lifted. <c>make differential SEEDS=n
/// [SEED=first]</c> runs many; a failure names its seed.
/// </summary>
public sealed class DifferentialTests
{
    private const int StatementsATable = 12;
    private const int StatementsErased = 4;
    private const int SeedsOfAShortRun = 8;

    private static readonly TimeSpan EdgeWait = TimeSpan.FromSeconds(30);

    private static readonly (int Nodes, int Replicas)[] Layouts = [(1, 1), (3, 1), (3, 2)];

    [Fact]
    public async Task Everybody_answers_the_same()
    {
        int seeds = Setting("TSDB_DIFFERENTIAL_SEEDS", SeedsOfAShortRun);
        int first = Setting("TSDB_DIFFERENTIAL_SEED", 1);
        List<string> wrong = [];
        for (int seed = first; seed < first + seeds && wrong.Count < 5; seed++) await RunAsync(seed, wrong);
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;

    private static async Task RunAsync(int seed, List<string> wrong)
    {
        RandomData data = new(seed);
        RandomQuery queries = new(data, new Random(seed));
        using PlainEngine plain = new(data);
        List<(string Name, Fleet Fleet)> fleets = [];
        await using EdgeFleet edges = new();
        using Fleet asker = new(nodes: 3, replicas: 2);
        Random seals = new(seed);
        foreach ((string edge, string lines) in data.Batches)
            await edges.WriteAsync(edge, lines, seals.Next(2) == 0);
        edges.Answer(asker);
        try
        {
            foreach ((int nodes, int replicas) in Layouts)
            {
                Fleet fleet = new(nodes, replicas);
                fleets.Add(($"{nodes} nodes, replication {replicas}", fleet));
                foreach ((string edge, string lines) in data.Batches) fleet.Ship(edge, lines);
            }

            await AskAllAsync(plain, StatementsATable);
            Erasures erasures = data.Erase();
            using PlainEngine erased = Erase(erasures);
            await AskAllAsync(erased, StatementsErased);
            using PlainEngine lifted = Erase(erasures.Lift(1));
            await AskAllAsync(lifted, StatementsErased);
        }
        finally
        {
            foreach ((_, Fleet fleet) in fleets) fleet.Dispose();
        }

        PlainEngine Erase(Erasures erasures)
        {
            fleets.ForEach(fleet => fleet.Fleet.Erase(erasures));
            asker.Erase(erasures);
            foreach (string edge in data.Edges) edges.Erase(edge, erasures);
            PlainEngine left = new(data);
            left.Delete(erasures, data);
            return left;
        }

        async Task AskAllAsync(PlainEngine truth, int statements)
        {
            for (int i = 0; i < statements; i++)
            {
                if (i == StatementsATable / 2) fleets.ForEach(fleet => fleet.Fleet.Compact());
                (string sql, bool isPlain, bool isOrdered) = queries.Next();
                string expected = await AnswerAsync(() => fleets[0].Fleet.WholeAsync(sql));
                if (isPlain) Compare("one node", truth.Answer(queries.InPlainSql(sql)), expected);
                foreach ((string name, Fleet fleet) in fleets)
                    Compare(name, expected, await AnswerAsync(async () => (await fleet.AskAsync(sql)).Rows));
                Compare("fresh", expected, await AnswerAsync(async () => (await asker.AskAsync(
                    sql, request => request with { Fresh = true, EdgeWait = EdgeWait })).Rows));

                void Compare(string name, string wanted, string got)
                {
                    if (Answers.AreSame(wanted, got, isOrdered)) return;
                    wrong.Add($"seed {seed}, {name}: {sql}\nexpected:\n{wanted}\ngot:\n{got}");
                }
            }
        }
    }

    private static async Task<string> AnswerAsync(Func<Task<string>> ask)
    {
        try
        {
            return await ask();
        }
        catch (TsDbException error)
        {
            return $"error {error.Message}";
        }
    }
}
