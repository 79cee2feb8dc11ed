using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Adapters.DuckDb;
using TsDb.Query.Isolation;

namespace TsDb.Tests.Adapters.DuckDb;

/// <summary>Conditions of very many terms.</summary>
public sealed class LongConditionTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private const string Rows = "WITH r AS MATERIALIZED (SELECT CASE WHEN x % 10 > 0 THEN 'x' || x END AS a, "
        + "x AS i FROM range(2000) t(x)) ";

    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(300)]
    public async Task They_mean_the_same_in_groups(int terms)
    {
        string where = Pairs(terms);
        int unknown = (terms + 9) / 10;
        Assert.Equal(Text(terms - unknown), await CountAsync($"r WHERE {where}"));
        Assert.Equal(Text(terms - unknown), await CountAsync($"r JOIN range(1) o ON {where}"));
        Assert.Equal(Text(unknown), await CountAsync($"r WHERE ({where}) IS NULL"));
        Assert.Equal(Text(2000 - terms), await CountAsync($"r WHERE NOT ({where})"));
    }

    [Fact]
    public void No_more_terms_stand_together_than_the_engine_compares_quickly()
    {
        using DuckDbParser parser = new();
        JsonObject tree = parser.Parse($"SELECT ({Pairs(70)}) FROM t WHERE {Pairs(5000)}");
        JsonObject grouped = LongConditions.Apply(tree);
        JsonNode node = grouped["statements"]![0]!["node"]!;
        JsonNode before = tree["statements"]![0]!["node"]!;
        Assert.True(JsonNode.DeepEquals(before["select_list"], node["select_list"]));
        Assert.True(LargestOr(node["where_clause"]) <= 64);
        JsonObject few = parser.Parse($"SELECT 1 FROM t WHERE {Pairs(64)}");
        Assert.Same(few, LongConditions.Apply(few));
    }

    private Task<string> CountAsync(string from) =>
        fixture.AskAsync($"{Rows} SELECT count(*) AS n FROM {from}");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Pairs(int count) =>
        string.Join(" OR ", Enumerable.Range(0, count).Select(k => $"(a = 'x{k}' AND i = {k})"));

    private static int LargestOr(JsonNode? node) => node switch
    {
        JsonArray list => list.Select(LargestOr).DefaultIfEmpty().Max(),
        JsonObject o => Math.Max(
            o["type"] is JsonValue type && type.ToString() == "CONJUNCTION_OR"
                ? o["children"]!.AsArray().Count : 0,
            o.Select(property => LargestOr(property.Value)).DefaultIfEmpty().Max()),
        _ => 0,
    };
}
