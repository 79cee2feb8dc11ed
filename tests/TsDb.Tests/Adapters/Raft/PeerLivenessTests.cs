using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using TsDb.Adapters.Raft;
using TsDb.Model;

namespace TsDb.Tests.Adapters.Raft;

public sealed class PeerLivenessTests
{
    private static readonly NodeId Peer = new("C2");
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(6);

    private readonly FakeTimeProvider _clock = new();
    private readonly PeerLiveness _liveness;

    public PeerLivenessTests() => _liveness = new PeerLiveness(_clock, NullLoggerFactory.Instance);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Who_is_heard_is_alive_for_as_long_as_that_goes_on_however_unevenly(int seed)
    {
        Random chance = new(seed);
        for (int beat = 0; beat < 5_000; beat++)
        {
            Beat();

            // Even beats, beats in pairs, late ones and bursts; now and then the peer starts anew.
            TimeSpan next = (seed, chance.Next(10)) switch
            {
                (0, _) => PeerLiveness.BeatEvery,
                (1, < 5) => TimeSpan.Zero,
                (2, 0) => TimeSpan.FromSeconds(2),
                (2, < 8) => TimeSpan.FromTicks(chance.Next(100)),
                _ => PeerLiveness.BeatEvery * (2 * chance.NextDouble()),
            };
            if (seed > 0 && beat % 700 == 699) next = Silence;
            _clock.Advance(next / 2);
            Assert.True(next == Silence || _liveness.IsLive(Peer), $"dead after beat {beat}");
            _clock.Advance(next - (next / 2));
        }
    }

    [Fact]
    public void Who_falls_silent_is_dead_within_seconds_and_alive_with_the_next_beat()
    {
        Assert.False(_liveness.IsLive(Peer));
        Assert.False(_liveness.WasHeard(Peer, TimeSpan.MaxValue));
        for (int beat = 0; beat < 100; beat++)
        {
            Beat();
            _clock.Advance(PeerLiveness.BeatEvery);
        }

        Assert.True(_liveness.WasHeard(Peer, PeerLiveness.BeatEvery));
        Assert.False(_liveness.WasHeard(Peer, PeerLiveness.BeatEvery / 2));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_liveness.IsLive(Peer));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_liveness.IsLive(Peer));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Beat();
        Assert.True(_liveness.IsLive(Peer));
    }

    private void Beat() => _liveness.Heard(Peer, default, null, 2);
}
