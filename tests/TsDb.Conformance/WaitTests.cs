using TsDb.Conformance.Fleets;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Conformance;

/// <summary>Questions that wait for nodes and edges which are dead, while others go on writing.</summary>
public sealed class WaitTests
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

    [Fact]
    public async Task A_frozen_node_holds_nobody_up_once_it_is_known_to_be_dead()
    {
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.ShipDays(edges: 6, days: 3, pointsADay: 5);
        fleet.Node("n2").IsHung = true;
        Task<(string Rows, Coverage Coverage)> asked = fleet.AskAsync(Sql);
        fleet.Node("n2").IsDown = true;
        Assert.Equal(await fleet.WholeAsync(Sql), (await asked).Rows);
    }

    [Fact]
    public async Task Nor_is_it_waited_for_where_it_alone_has_rows()
    {
        using Fleet fleet = new(nodes: 3, replicas: 1);
        fleet.ShipDays(edges: 6, days: 3, pointsADay: 5);
        fleet.Node("n2").IsHung = true;
        long start = TimeProvider.System.GetTimestamp();
        Task<(string Rows, Coverage Coverage)> asked =
            fleet.AskAsync(Sql, request => request with { AllowPartial = true });
        fleet.Node("n2").IsDown = true;
        Coverage coverage = (await asked).Coverage;
        Assert.Contains("n2 is down", Assert.Single(coverage.Missing), StringComparison.Ordinal);

        // Of the five seconds that an answer may take.
        Assert.InRange(
            TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(4));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_node_that_dies_while_edges_are_asked_is_replaced_or_missed(int replicas)
    {
        using Fleet fleet = new(nodes: 3, replicas);
        fleet.ShipDays(edges: 6, days: 3, pointsADay: 5);
        fleet.Current = fleet.Current! with { Edges = [Alive] };
        fleet.IdleEdges.Add(Alive);
        string whole = await fleet.WholeAsync(Sql);

        // The edge is asked for its columns first; who has which cell is settled by the second time.
        int asked = 0;
        fleet.OnEdgeAsked = _ => fleet.Node("n2").IsDown = ++asked == 2 || fleet.Node("n2").IsDown;
        (string rows, Coverage coverage) = await fleet.AskAsync(Sql, Fresh);
        Assert.True(fleet.Node("n2").IsDown);
        Assert.Equal(replicas > 1, coverage.Complete);
        if (replicas > 1) Assert.Equal(whole, rows);
        else Assert.NotEmpty(coverage.Missing);
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
