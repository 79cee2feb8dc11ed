using TsDb.Conformance.Fleets;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Conformance;

/// <summary>Fresh queries that wait for an edge which is dead, while the others go on writing.</summary>
public sealed class FreshWaitTests
{
    private const string Sql =
        "SELECT edge, count(*) AS n, sum(n) AS s FROM weather GROUP BY edge ORDER BY edge";

    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(100);
    private static readonly EdgeId Alive = new("e0");
    private static readonly EdgeId Dead = new("e1");

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    public async Task What_is_shipped_meanwhile_is_of_a_later_moment(int nodes, int replicas)
    {
        using Fleet fleet = FleetOf(nodes, replicas);
        string before = await fleet.WholeAsync(Sql);
        int more = 0;
        fleet.OnEdgeAsked = _ => fleet.Ship(Alive.Value, Fleet.Points(0, day: 0, 1_000 + (10 * more++), 10));
        int questions = fleet.Questions;
        (string rows, Coverage coverage) = await fleet.AskAsync(Sql, Fresh);
        Assert.Equal(before, rows);
        Assert.Equal([Dead], coverage.EdgesSilent);
        Assert.Equal(nodes, fleet.Questions - questions);
        Assert.True(more > 0);
    }

    [Fact]
    public async Task A_moment_that_is_not_kept_costs_another_try_but_no_second_wait()
    {
        using Fleet fleet = FleetOf(nodes: 1, replicas: 1);
        int asked = 0;
        fleet.OnEdgeAsked = edge =>
        {
            if (edge != Dead) return;
            asked++;
            fleet.Node("n1").Instance = new Guid(asked, 0, 0, new byte[8]);
        };
        (string rows, Coverage coverage) = await fleet.AskAsync(Sql, Fresh);
        Assert.Equal(await fleet.WholeAsync(Sql), rows);
        Assert.Equal([Dead], coverage.EdgesSilent);
        Assert.Equal(2, fleet.Questions);
        Assert.Equal(1, asked);
    }

    private static QueryRequest Fresh(QueryRequest request) =>
        request with { Fresh = true, AllowPartial = true, EdgeWait = Wait };

    private static Fleet FleetOf(int nodes, int replicas)
    {
        Fleet fleet = new(nodes, replicas);
        fleet.ShipDays(edges: 2, days: 2, pointsADay: 20);
        fleet.Current = fleet.Current! with { Edges = [Alive, Dead] };
        fleet.IdleEdges.Add(Alive);
        return fleet;
    }
}
