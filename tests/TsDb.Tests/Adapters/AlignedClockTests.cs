using Microsoft.Extensions.Time.Testing;
using TsDb.Adapters.Hosting;

namespace TsDb.Tests.Adapters;

/// <summary>Which timers wait for the grid, and for how long.</summary>
public sealed class AlignedClockTests
{
    private readonly FakeTimeProvider _inner = new();
    private readonly AlignedClock _clock;
    private readonly DateTimeOffset _start;

    // A timer that nobody holds ends with the next garbage collection.
    private readonly List<ITimer> _timers = [];

    public AlignedClockTests()
    {
        _start = _inner.GetUtcNow();

        // The grid does not begin where the test does.
        _clock = new AlignedClock(
            _inner, () => 1_090 + (long)(_inner.GetUtcNow() - _start).TotalMilliseconds);
    }

    [Theory]
    [InlineData(250, new[] { 410, 660, 910 })]
    [InlineData(500, new[] { 660, 1_160, 1_660 })]
    public void Periodic_timers_fire_on_the_grid(int period, int[] expected) =>
        Assert.Equal(expected, Fires(TimeSpan.FromMilliseconds(period), TimeSpan.FromMilliseconds(period)));

    [Fact]
    public void Timers_that_begin_at_different_times_fire_together()
    {
        List<int> first = Record(250, 250);
        _inner.Advance(TimeSpan.FromMilliseconds(77));
        List<int> second = Record(500, 500);
        Run();
        Assert.Equal([660, 1_160, 1_660], second.Take(3));
        Assert.All(second, fired => Assert.Contains(fired, first));
    }

    [Theory]
    [InlineData(300, Timeout.Infinite)]
    [InlineData(300, 20)]
    [InlineData(300, 300)]
    [InlineData(0, 250)]
    public void Deadlines_and_odd_periods_are_kept(int due, int period)
    {
        int first = Fires(TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(period))[0];
        Assert.Equal(due, first);
    }

    [Fact]
    public void A_moment_of_the_grid_is_not_put_off()
    {
        _inner.Advance(TimeSpan.FromMilliseconds(160));
        Assert.Equal(410, Fires(TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(250))[0]);
    }

    private List<int> Fires(TimeSpan due, TimeSpan period)
    {
        List<int> fires = Record((int)due.TotalMilliseconds, (int)period.TotalMilliseconds);
        Run();
        return [.. fires.Take(3)];
    }

    private List<int> Record(int due, int period)
    {
        List<int> fires = [];
        _timers.Add(_clock.CreateTimer(
            _ => fires.Add((int)(_inner.GetUtcNow() - _start).TotalMilliseconds), null,
            TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(period)));
        return fires;
    }

    private void Run()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        for (int ms = 0; ms < 2_000; ms++) _inner.Advance(TimeSpan.FromMilliseconds(1));
    }
}
