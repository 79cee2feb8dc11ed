using System.Globalization;
using TsDb.Conformance.Fleets;
using TsDb.Model;

namespace TsDb.Conformance;

/// <summary>The same questions to one node that has all, and to fleets on which the points are
/// spread.</summary>
public sealed class ScriptTests
{
    // Doubles: the order of summing differs between layouts; what is compared is far above what that can do.
    private const double RelativeError = 1e-12;

    private static readonly (int Nodes, int Replicas)[] Layouts = [(1, 1), (3, 1), (3, 3), (5, 2)];

    public static TheoryData<string, int, int> Runs
    {
        get
        {
            TheoryData<string, int, int> runs = [];
            foreach (string name in QueryScript.Names)
            {
                runs.Add(name, 0, 0);
                foreach ((int nodes, int replicas) in Layouts) runs.Add(name, nodes, replicas);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Answers_are_those_of_the_script(string script, int nodes, int replicas)
    {
        bool isOnePlace = nodes == 0;
        using Fleet fleet = new(Math.Max(nodes, 1), Math.Max(replicas, 1));
        List<string> wrong = [];
        foreach (QueryScript.Block block in QueryScript.Read(script).Blocks)
        {
            if (block.Verb == "load")
            {
                string[] into = block.Argument.Split(' ');
                fleet.Ship(into[0], block.Text, database: into.Length > 1 ? into[1] : "db");
                continue;
            }

            string answer = await AnswerAsync(fleet, block.Text, isOnePlace);
            bool isRight = block.Verb == "error"
                ? answer.StartsWith($"error {block.Argument}:", StringComparison.OrdinalIgnoreCase)
                : AreSame(block.Expected, answer, block.Argument == "sorted");
            if (!isRight)
            {
                wrong.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{script}.test:{block.Line}\n{block.Text}\n"
                    + $"expected:\n{block.Expected}\ngot:\n{answer}\n"));
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static async Task<string> AnswerAsync(Fleet fleet, string sql, bool isOnePlace)
    {
        try
        {
            return isOnePlace ? await fleet.WholeAsync(sql) : (await fleet.AskAsync(sql)).Rows;
        }
        catch (TsDbException e)
        {
            return $"error {e.Kind}: {e.Message}";
        }
    }

    private static bool AreSame(string expected, string answer, bool isSorted)
    {
        string[] wanted = expected.Split('\n');
        string[] got = answer.Split('\n');
        if (isSorted)
        {
            Array.Sort(wanted, StringComparer.Ordinal);
            Array.Sort(got, StringComparer.Ordinal);
        }

        return wanted.Length == got.Length && wanted.Zip(got).All(pair => AreSame(pair.First, pair.Second));
    }

    private static bool AreSame(string wantedRow, string gotRow)
    {
        string[] wanted = wantedRow.Split('|');
        string[] got = gotRow.Split('|');
        return wanted.Length == got.Length
            && wanted.Zip(got).All(pair => pair.First == pair.Second || AreClose(pair.First, pair.Second));
    }

    private static bool AreClose(string wanted, string got) =>
        wanted.Contains('.', StringComparison.Ordinal)
        && double.TryParse(wanted, CultureInfo.InvariantCulture, out double a)
        && double.TryParse(got, CultureInfo.InvariantCulture, out double b)
        && Math.Abs(a - b) <= RelativeError * Math.Max(Math.Abs(a), Math.Abs(b));
}
