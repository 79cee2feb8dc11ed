using TsDb.Conformance.Fleets;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Conformance;

/// <summary>Wide answers over catalogs that are known: nodes send their rows behind what they say of their
/// catalogs, and the coordinator takes them only if its plan asks for just these.</summary>
public sealed class RowsBehindTests
{
    // Of each node more than what goes with the answer itself.
    private const int PointsADay = 5_000;
    private const string Wide = "SELECT * FROM weather WHERE v >= 0";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task They_save_the_second_round(int replicas)
    {
        using Fleet fleet = await StartAsync(replicas);
        int fragments = fleet.Fragments;
        await RequireAsync(fleet);
        Assert.Equal(2, fleet.Behind.Begun);
        Assert.Equal(0, fleet.Behind.GivenUp);

        // The coordinator's own.
        Assert.Equal(1, fleet.Fragments - fragments);
    }

    [Fact]
    public async Task They_count_only_if_the_plan_asks_for_just_that_and_are_given_up_else()
    {
        using Fleet fleet = await StartAsync(replicas: 2);
        for (int edge = 0; edge < 4; edge++)
        {
            int late = edge;
            fleet.Ship($"e{edge}", Fleet.Points(edge, 0, 2 * PointsADay, 5), node =>
                node.Value != $"n{(late % 3) + 1}");
            await RequireAsync(fleet);
        }

        Assert.NotEqual(0, fleet.Behind.GivenUp);
        fleet.Ship("e1", "weather,host=h1 v=1,extra=1 1451606400000000007");
        await RequireAsync(fleet);
        fleet.Erase(Erasures.None.With(
            new TableId("db", "weather"), [new TagCondition("host", ["h0"])],
            (16_802L * Day.NanosecondsLength) + 1));
        await RequireAsync(fleet);
        fleet.Node("n2").Instance = Guid.Parse("00000000-0000-0000-0000-0000000000bb");
        await RequireAsync(fleet);
    }

    [Fact]
    public async Task A_node_that_is_opened_anew_behind_its_answer_is_planned_on_anew()
    {
        using Fleet fleet = await StartAsync(replicas: 1);
        fleet.OnCatalogTold = node =>
        {
            if (node.Value != "n2") return;
            fleet.OnCatalogTold = null;
            fleet.Node("n2").Instance = Guid.Parse("00000000-0000-0000-0000-0000000000cc");
        };
        await RequireAsync(fleet);
    }

    [Fact]
    public async Task What_a_node_stores_behind_its_answer_is_in_the_rows_whole_or_not_at_all()
    {
        using Fleet fleet = await StartAsync(replicas: 1);
        string before = await WholeAsync(fleet);
        bool isShipped = false;
        fleet.OnCatalogTold = node =>
        {
            if (isShipped) return;
            isShipped = true;
            fleet.Ship("e1", Fleet.Points(1, 0, 3 * PointsADay, 7));
        };
        (string rows, Coverage coverage) = await fleet.AskAsync(Wide);
        Assert.True(coverage.Complete);
        Assert.Contains(string.Join('\n', Lines(rows)), (string[])[before, await WholeAsync(fleet)]);
    }

    [Fact]
    public async Task A_node_that_fails_behind_its_answer_is_replaced()
    {
        using Fleet fleet = await StartAsync(replicas: 2);
        fleet.OnCatalogTold = node =>
        {
            if (node.Value != "n2") return;
            fleet.OnCatalogTold = null;
            foreach (Columnar.SegmentRef file in fleet.Node("n2").Segments.ToArray())
                fleet.Node("n2").Damage(file);
        };
        await RequireAsync(fleet);
    }

    // Asked once, so that the catalogs are known.
    private static async Task<Fleet> StartAsync(int replicas)
    {
        Fleet fleet = new(nodes: 3, replicas);
        fleet.ShipDays(edges: 4, days: 2, PointsADay);
        await fleet.AskAsync(Wide);
        Assert.Equal(0, fleet.Behind.Begun);
        return fleet;
    }

    private static async Task RequireAsync(Fleet fleet)
    {
        (string rows, Coverage coverage) = await fleet.AskAsync(Wide);
        Assert.Equal(await WholeAsync(fleet), string.Join('\n', Lines(rows)));
        Assert.True(coverage.Complete);
        Assert.Equal(fleet.Behind.Begun, fleet.Behind.Ended);
    }

    private static async Task<string> WholeAsync(Fleet fleet) =>
        string.Join('\n', Lines(await fleet.WholeAsync(Wide)));

    private static IEnumerable<string> Lines(string rows) =>
        rows.Split('\n').Order(StringComparer.Ordinal);
}
