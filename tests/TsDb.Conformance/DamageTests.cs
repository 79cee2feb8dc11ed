using TsDb.Columnar;
using TsDb.Conformance.Fleets;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Conformance;

/// <summary>Questions at a cluster where a file of one node cannot be read.</summary>
public sealed class DamageTests
{
    // The first is answered without the general engine, the second by it.
    public static TheoryData<string, Consistency> Questions => new()
    {
        { "SELECT host, count(*) AS n, sum(n) AS s FROM weather GROUP BY host ORDER BY host",
            Consistency.Quorum },
        { "SELECT host, count(*) AS n, sum(n) AS s FROM weather GROUP BY host ORDER BY host",
            Consistency.All },
        { "SELECT median(n), sum(n) FROM weather", Consistency.Quorum },
        { "SELECT median(n), sum(n) FROM weather", Consistency.All },
    };

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Who_meets_a_damaged_file_of_its_own_is_replaced_by_another_owner_at_once(
        string sql, Consistency consistency)
    {
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.ShipDays(edges: 4, days: 2, pointsADay: 5);
        SegmentRef[] files = [.. fleet.Node("n1").Segments];
        fleet.Node("n1").Damage(files[0]);
        fleet.Node("n2").Damage(files[^1]);
        string whole = await fleet.WholeAsync(sql);
        (string rows, Coverage coverage) =
            await fleet.AskAsync(sql, r => r with { Consistency = consistency });
        Assert.Equal((whole, true), (rows, coverage.Complete));
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Where_no_whole_owner_is_left_the_error_names_cell_node_and_file_only(
        string sql, Consistency consistency)
    {
        using Fleet fleet = new(nodes: 3, replicas: 1);
        fleet.ShipDays(edges: 4, days: 2, pointsADay: 5);
        SegmentRef file = fleet.Node("n2").Segments.First();
        string name = fleet.Node("n2").Damage(file);
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(
            () => fleet.AskAsync(sql, r => r with { Consistency = consistency }));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.NotNull(error.RetryAfter);
        Assert.Contains("n2 is still recovering", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"before, n2 failed and no other node has all of {file.Manifest.Cell}: its file {name} of cell",
            error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetDirectoryName(file.Path)!, error.Message, StringComparison.Ordinal);
        (_, Coverage coverage) = await fleet.AskAsync(sql, r => r with { AllowPartial = true });
        Assert.False(coverage.Complete);
    }

    [Fact]
    public async Task What_is_set_aside_after_the_plan_was_made_is_not_left_out_in_silence()
    {
        const string Sql = "SELECT median(n), sum(n) FROM weather";
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.ShipDays(edges: 4, days: 2, pointsADay: 5);
        string whole = await fleet.WholeAsync(Sql);
        fleet.OnCatalogTold = node =>
        {
            if (node.Value != "n1") return;
            fleet.OnCatalogTold = null;
            foreach (SegmentRef file in fleet.Node("n1").Segments.ToArray())
                fleet.Node("n1").CheckAsync(file);
        };
        (string rows, Coverage coverage) = await fleet.AskAsync(Sql);
        Assert.Equal((whole, true), (rows, coverage.Complete));
    }
}
