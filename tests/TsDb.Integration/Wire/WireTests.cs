using TsDb.Load.Wire;

namespace TsDb.Integration.Wire;

/// <summary>
/// What an uplink costs, every byte of both directions counted between real processes, against the same line
/// protocol gzipped request by request. The same runs as <c>TsDb.Load wire</c>, only shorter.
/// </summary>
public sealed class WireTests
{
    [Fact]
    public Task A_hundred_series_shipped_every_ten_seconds_cost_a_fifth_of_gzipped_line_protocol() =>
        HoldsAsync(WireScenarios.CpuEvery(10, 12), 5);

    [Fact]
    public Task A_hundred_series_shipped_every_minute_cost_an_eighth_of_gzipped_line_protocol() =>
        HoldsAsync(WireScenarios.CpuEvery(60, 6), 8);

    [Fact]
    public Task Trucks_shipped_in_bulk_cost_a_quarter_of_gzipped_line_protocol() =>
        HoldsAsync(WireScenarios.Iot(50, 1), 4);

    [Fact]
    public async Task The_cpu_shape_in_bulk_costs_a_tenth_of_gzipped_line_protocol()
    {
        WireFigures figures = await HoldsAsync(WireScenarios.Cpu(100, 2), 10);
        Assert.InRange(figures.PerValue(figures.DiskBytes), 0, 0.45);
    }

    [Fact]
    public async Task Real_days_of_a_few_hundred_rows_cost_less_than_half_of_gzipped_line_protocol()
    {
        if (WireScenarios.RealFile() is not { } file)
        {
            Assert.Skip("the shared folder with data/nab.lp.gz is not beside this checkout");
            return;
        }

        await HoldsAsync(WireScenarios.Real(file, linesMax: 60_000), 2);
    }

    private static async Task<WireFigures> HoldsAsync(WireScenario scenario, double ratio)
    {
        WireFigures figures =
            await WireRun.MeasureAsync(scenario, TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"{scenario.Name}: {figures.Ratio:0.00}x, {figures}");
        Assert.True(figures.Ratio >= ratio,
            $"{scenario.Name}: {figures.Ratio:0.00}x, not {ratio}x: {figures}");
        return figures;
    }
}
