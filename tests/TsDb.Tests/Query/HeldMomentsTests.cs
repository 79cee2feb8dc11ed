using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Tests.Query;

/// <summary>How long a moment of a catalog is kept, and when its files may go.</summary>
public sealed class HeldMomentsTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly HeldMoments _held;

    public HeldMomentsTests() => _held = new HeldMoments(_clock);

    public void Dispose() => _held.Dispose();

    [Fact]
    public void A_moment_is_kept_for_its_time()
    {
        Lease lease = new(7);
        _held.Hold(lease, Second * 3);
        Assert.Null(_held.Find(8));
        _clock.Advance(Second * 2);
        using (_held.Find(7)!.Value.Use) Assert.Same(lease, _held.Find(7)!.Value.Lease);
        _clock.Advance(Second);
        Assert.Null(_held.Find(7));
    }

    [Fact]
    public void Its_files_may_go_when_its_last_reader_has_done()
    {
        Lease lease = new(7);
        _held.Hold(lease, Second);
        IDisposable first = _held.Find(7)!.Value.Use, second = _held.Find(7)!.Value.Use;
        _clock.Advance(Second);
        Assert.Null(_held.Find(7));
        first.Dispose();
        first.Dispose();
        Assert.Equal(0, lease.Ends);
        second.Dispose();
        Assert.Equal(1, lease.Ends);
    }

    [Fact]
    public void Told_again_it_is_kept_for_the_longer_time_and_the_second_lease_ends()
    {
        Lease first = new(7), second = new(7), third = new(7);
        _held.Hold(first, Second * 2);
        _clock.Advance(Second);
        _held.Hold(second, Second * 5);
        _held.Hold(third, Second);
        Assert.Equal((0, 1, 1), (first.Ends, second.Ends, third.Ends));
        _clock.Advance(Second * 4);
        Assert.Equal((1, 0), (_held.Count, first.Ends));
        _clock.Advance(Second);
        Assert.Equal((0, 1), (_held.Count, first.Ends));
    }

    [Fact]
    public void Of_too_many_the_first_go_and_no_time_is_endless()
    {
        Lease[] leases = [.. Enumerable.Range(1, HeldMoments.MomentsMax + 2).Select(n => new Lease(n))];
        foreach (Lease lease in leases) _held.Hold(lease, TimeSpan.MaxValue);
        Assert.Equal(HeldMoments.MomentsMax, _held.Count);
        Assert.Equal([1, 1, 0], leases.Take(3).Select(lease => lease.Ends));
        _clock.Advance(HeldMoments.TimeMax);
        Assert.Equal(0, _held.Count);
        Assert.All(leases, lease => Assert.Equal(1, lease.Ends));
    }

    [Fact]
    public void The_end_of_the_node_ends_all_and_nothing_is_kept_after_it()
    {
        Lease before = new(1), after = new(2);
        _held.Hold(before, Second);
        _held.Dispose();
        _held.Hold(after, Second);
        Assert.Equal((1, 1, 0), (before.Ends, after.Ends, _held.Count));
    }

    private sealed class Lease(long number) : IReplicaLease
    {
        public int Ends { get; private set; }

        public long Number => number;

        public long LastLoss => 0;

        public IEnumerable<TableId> Tables => [];

        public long Erasures => 0;

        public Epoch Epoch => default;

        public object? Stamp(TableId table) => null;

        public ImmutableArray<Column> Columns(TableId table) => [];

        public IEnumerable<CellFact> Cells(TableId table) => [];

        public IEnumerable<Leaf> Leaves(Cell cell) => [];

        public PointMask Mask(TableId table, long erasures) => PointMask.None;

        public TableSnapshot Snapshot(TableId table, long erasures, Func<Cell, bool> includes) =>
            new(table, [], null);

        public void Dispose() => Ends++;
    }
}
