using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using TsDb.Storage.Scrubbing;

namespace TsDb.Tests.Storage.Scrubbing;

/// <summary>The pace of reading stored files again, and what is told of it.</summary>
public sealed class ScrubLoopTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Channel<int> _read = Channel.CreateBounded<int>(16);
    private readonly CancellationTokenSource _stop = new();

    [Fact]
    public async Task It_reads_no_faster_than_it_may_and_begins_anew_after_a_rest()
    {
        ScrubLoop loop = new(bytesPerSecondMax: 100, _clock);
        Task running = RunAsync(loop, bytesEach: 50);
        for (int n = 0; n < 3; n++)
        {
            Assert.Equal(n, await ReadAsync());
            _clock.Advance(TimeSpan.FromMilliseconds(499));
            Assert.False(_read.Reader.TryRead(out _));
            Assert.Null(loop.Status.FinishedAt);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        // It rests ten seconds.
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, await ReadAsync());
        Assert.Equal((4, 200, 1), (loop.Status.Files, loop.Status.BytesLength, loop.Status.Damaged));
        Assert.Equal(_clock.Start.AddSeconds(1.5), loop.Status.FinishedAt);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Small_files_are_read_at_the_pace_of_all_of_them()
    {
        Task running = RunAsync(new ScrubLoop(bytesPerSecondMax: 1_000, _clock), bytesEach: 170);
        for (int n = 0; n < 3; n++) Assert.Equal(n, await ReadAsync());
        Assert.False(running.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(_read.Reader.TryRead(out _));
        await _stop.CancelAsync();
    }

    [Fact]
    public async Task Without_a_rate_it_reads_nothing_and_does_not_end()
    {
        Task running = RunAsync(new ScrubLoop(bytesPerSecondMax: 0, _clock), bytesEach: 50);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.False(running.IsCompleted);
        Assert.False(_read.Reader.TryRead(out _));
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    public void Dispose() => _stop.Dispose();

    // Three files, of which the second is damaged.
    private Task RunAsync(ScrubLoop loop, long bytesEach) => loop.RunAsync(
        () => Enumerable.Range(0, 3), _ => bytesEach, n => _read.Writer.TryWrite(n) && n != 1, _stop.Token);

    private async Task<int> ReadAsync() =>
        await _read.Reader.ReadAsync(TestContext.Current.CancellationToken);
}
