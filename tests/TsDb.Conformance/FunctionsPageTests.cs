using System.Globalization;
using System.Text.RegularExpressions;
using TsDb.Conformance.Fleets;

namespace TsDb.Conformance;

/// <summary>The examples of src/TsDb.Query/FUNCTIONS.md, at one place and spread over three nodes.</summary>
public sealed partial class FunctionsPageTests
{
    public static TheoryData<int, int> Layouts => new() { { 0, 0 }, { 1, 1 }, { 3, 1 }, { 3, 2 } };

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Examples_answer_as_the_page_says(int nodes, int replicas)
    {
        string page = await File.ReadAllTextAsync(
            Path.Combine(AppContext.BaseDirectory, "queries", "FUNCTIONS.md"));
        using Fleet fleet = new(Math.Max(nodes, 1), Math.Max(replicas, 1));
        foreach (string line in Blocks(page, "lines").Single().Split('\n')) Ship(fleet, line);
        string[] statements = [.. Blocks(page, "sql")];
        string[] answers = [.. Blocks(page, "text")];
        Assert.Equal(statements.Length, answers.Length);
        List<string> wrong = [];
        foreach ((string sql, string expected) in statements.Zip(answers))
        {
            string got = nodes == 0 ? await fleet.WholeAsync(sql) : (await fleet.AskAsync(sql)).Rows;
            got = Nanoseconds().Replace(got, time => Readable(time.Value));
            if (got != expected) wrong.Add($"{sql}\nexpected:\n{expected}\ngot:\n{got}");
        }

        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
    }

    private static IEnumerable<string> Blocks(string page, string kind) =>
        Regex.Matches(page, $"^```{kind}\n(.*?)\n?^```", RegexOptions.Multiline | RegexOptions.Singleline)
            .Select(block => block.Groups[1].Value);

    // The page says which edge takes a point, and its time as people write it.
    private static void Ship(Fleet fleet, string line)
    {
        Match parts = Line().Match(line);
        long seconds = DateTimeOffset.Parse(parts.Groups["time"].Value, CultureInfo.InvariantCulture)
            .ToUnixTimeSeconds();
        fleet.Ship(
            parts.Groups["edge"].Value,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{parts.Groups["table"].Value}{parts.Groups["rest"].Value} {seconds * 1_000_000_000}"));
    }

    private static string Readable(string nanoseconds)
    {
        long time = long.Parse(nanoseconds, CultureInfo.InvariantCulture);
        string fraction = time % 1_000_000_000 == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture, $".{time % 1_000_000_000:D9}");
        return DateTime.UnixEpoch.AddTicks(time / 100)
            .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + fraction;
    }

    [GeneratedRegex(@"\b1451[67]\d{14}\b")]
    private static partial Regex Nanoseconds();

    [GeneratedRegex(@"^(?<table>\w+),edge=(?<edge>\w+)(?<rest>,.*) (?<time>\S+)$")]
    private static partial Regex Line();
}
