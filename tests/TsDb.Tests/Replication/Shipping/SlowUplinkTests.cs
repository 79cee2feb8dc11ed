using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Storage.Shipping;
using static TsDb.Tests.Replication.Shipping.ShipperDesk;

namespace TsDb.Tests.Replication.Shipping;

/// <summary>How large messages are, and how many are on their way, by what the uplink carries.</summary>
public sealed class SlowUplinkTests
{
    private const int ChunkBytes = 96 << 10;

    [Theory]
    [InlineData(600)]
    [InlineData(2_000)]
    [InlineData(8_000)]
    [InlineData(32_000)]
    [InlineData(1_000_000)]
    public void However_slow_messages_pass_in_time_and_every_byte_once(int bytesPerSecond)
    {
        ShipperDesk desk = new();
        ShipLeaf leaf = Leaf(1, bytes: 150_000);
        desk.Cut(leaf);
        SlowLink link = new(desk, bytesPerSecond);
        link.Send(desk.Register(ChunkBytes));
        while (link.Next() is { } arrived)
        {
            // The broker has to see a whole packet within 15 s, and may be asked for a sign of life.
            Assert.InRange(arrived.Gap.TotalSeconds, 0, 8);
            Assert.InRange(arrived.OnItsWay.TotalSeconds, 0, bytesPerSecond < 2_000 ? 30 : 10);

            // An impatient owner wants whatever has not come yet.
            EdgeAnswer.Want want = new(leaf.Leaf.Hash, TransferForm.Plain, link.Missing(150_000));
            if (!want.Ranges.IsEmpty) link.Send(desk.Say(N1, want));
        }

        Assert.Equal(150_000, link.DataBytes);
        Assert.Empty(link.Missing(150_000));
        Assert.InRange(desk.Now - DateTimeOffset.UnixEpoch, TimeSpan.Zero, 1.05 * link.TimeOf(150_000));
    }

    [Fact]
    public void Messages_become_as_large_as_the_broker_takes_where_it_answers_at_once()
    {
        ShipperDesk desk = new();
        desk.Cut(Leaf(1, bytes: 8 << 20));
        int[] lengths =
            [.. desk.Deliver(desk.Register(ChunkBytes)).OfType<ShipEffect.SendChunk>().Select(c => c.Length)];
        Assert.Equal(8 << 20, lengths.Sum());
        Assert.Equal((4 << 10, ChunkBytes), (lengths[0], lengths.Max()));
        Assert.InRange(lengths.Count(length => length < ChunkBytes), 1, 16);
    }

    [Fact]
    public void Each_connection_begins_with_small_messages()
    {
        ShipperDesk desk = new();
        ShipLeaf leaf = Leaf(1, bytes: 8 << 20);
        desk.Cut(leaf);
        desk.Deliver(desk.Register(ChunkBytes));
        desk.On(new ShipEvent.LinkDown("cut"));
        desk.Deliver(desk.Register(ChunkBytes));
        EdgeAnswer.Want want = new(leaf.Leaf.Hash, TransferForm.Plain, Ranges((0, 8 << 20)));
        IReadOnlyList<ShipEffect> first = desk.Say(N1, want);
        Assert.All(first.OfType<ShipEffect.SendChunk>(), chunk => Assert.Equal(4 << 10, chunk.Length));
        Assert.InRange(first.OfType<ShipEffect.SendChunk>().Count(), 1, 4);
    }

    [Fact]
    public void A_shipment_that_would_take_long_does_not_travel_inside_its_offer()
    {
        ShipperDesk desk = new();
        desk.Cut(Leaf(1, bytes: 50_000));
        SlowLink link = new(desk, bytesPerSecond: 4_000);
        IReadOnlyList<ShipEffect> first = desk.Register(ChunkBytes);
        Assert.False(Assert.Single(first.OfType<ShipEffect.SendOffer>()).WithPayload);
        link.Send(first);
        while (link.Next() is not null)
        {
            // Until all has arrived.
        }

        IReadOnlyList<ShipEffect> second = desk.Cut(Leaf(2, bytes: 50_000));
        Assert.False(Assert.Single(second.OfType<ShipEffect.SendOffer>()).WithPayload);
    }

    // Carries one message after the other at its rate, and keeps what arrived of the one shipment.
    private sealed class SlowLink(ShipperDesk desk, int bytesPerSecond)
    {
        private const int OverheadBytes = 100;

        private readonly Queue<(ShipEffect Effect, DateTimeOffset SentAt)> _onTheWay = new();
        private readonly SortedDictionary<long, long> _arrived = [];
        private DateTimeOffset _lastAt = desk.Now;

        public long DataBytes { get; private set; }

        public TimeSpan TimeOf(long bytes) => TimeSpan.FromSeconds(bytes / (double)bytesPerSecond);

        public void Send(IEnumerable<ShipEffect> effects)
        {
            foreach (ShipEffect effect in effects)
            {
                if (effect is ShipEffect.SendOffer or ShipEffect.SendChunk)
                    _onTheWay.Enqueue((effect, desk.Now));
            }
        }

        // Lets the next message arrive; null once none is on its way.
        public (TimeSpan Gap, TimeSpan OnItsWay)? Next()
        {
            if (!_onTheWay.TryDequeue(out (ShipEffect Effect, DateTimeOffset SentAt) message)) return null;
            ShipEffect.SendChunk? chunk = message.Effect as ShipEffect.SendChunk;
            ContentHash hash = chunk?.Leaf.Leaf.Hash ?? ((ShipEffect.SendOffer)message.Effect).Leaf.Leaf.Hash;
            DateTimeOffset begun = _lastAt > message.SentAt ? _lastAt : message.SentAt;
            _lastAt = begun + TimeOf(OverheadBytes + (chunk?.Length ?? 0));
            Send(desk.After(_lastAt - desk.Now));
            if (chunk is not null)
            {
                DataBytes += chunk.Length;
                _arrived[chunk.Offset] = chunk.Length;
            }

            Send(desk.On(new ShipEvent.Sent(1, hash)));
            return (_lastAt - begun, _lastAt - message.SentAt);
        }

        public System.Collections.Immutable.ImmutableArray<WantRange> Missing(long length)
        {
            List<(long, long)> missing = [];
            long at = 0;
            foreach ((long offset, long count) in _arrived)
            {
                if (offset > at) missing.Add((at, offset - at));
                at = offset + count;
            }

            if (at < length) missing.Add((at, length - at));
            return Ranges([.. missing]);
        }
    }
}
