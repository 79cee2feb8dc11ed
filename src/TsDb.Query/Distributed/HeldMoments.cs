using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>
/// Moments of this node's catalog that fresh queries were told. Such a query first waits for edges, up to its
/// deadline where one is dead, and then asks for rows of just the states that it held against theirs: in a
/// fleet that goes on writing these are gone by then, unless their moment is kept. Safe to call from many
/// threads.
/// </summary>
/// <param name="clock">Tells how long.</param>
public sealed class HeldMoments(TimeProvider clock) : IDisposable
{
    /// <summary>Moments kept at a time; beyond it the first of them go.</summary>
    public const int MomentsMax = 64;

    /// <summary>The longest that a moment is kept: its files stay on disk for so long.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Moment> _moments = [];
    private bool _isDisposed;

    /// <summary>Moments that are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _moments.Count;
        }
    }

    /// <summary>Keeps a lease for a time; it is disposed here, when that is over and nobody reads from it.
    /// </summary>
    public void Hold(IReplicaLease lease, TimeSpan time)
    {
        if (time > TimeMax) time = TimeMax;
        List<IReplicaLease> over = [];
        lock (_gate)
        {
            if (_isDisposed)
            {
                over.Add(lease);
            }
            else if (_moments.TryGetValue(lease.Number, out Moment? held))
            {
                held.Keep(time);
                over.Add(lease);
            }
            else
            {
                long number = lease.Number;
                _moments.Add(number, new Moment(lease, clock, time)
                {
                    Timer = clock.CreateTimer(_ => Look(number), null, time, Timeout.InfiniteTimeSpan),
                });
                if (_moments.Count > MomentsMax && Forget(_moments.First().Value) is { } first)
                    over.Add(first);
            }
        }

        foreach (IReplicaLease one in over) one.Dispose();
    }

    /// <summary>The lease of a moment, for as long as what comes with it is not disposed; null if it is not
    /// kept.</summary>
    public (IReplicaLease Lease, IDisposable Use)? Find(long number)
    {
        lock (_gate)
        {
            if (!_moments.TryGetValue(number, out Moment? moment)) return null;
            moment.Users++;
            return (moment.Lease, new Use(this, moment));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        List<IReplicaLease> over = [];
        lock (_gate)
        {
            _isDisposed = true;
            foreach (Moment moment in _moments.Values.ToArray())
            {
                if (Forget(moment) is { } lease) over.Add(lease);
            }
        }

        foreach (IReplicaLease lease in over) lease.Dispose();
    }

    // Under the gate; the lease if it has to be disposed.
    private IReplicaLease? Forget(Moment moment)
    {
        _moments.Remove(moment.Lease.Number);
        moment.Timer.Dispose();
        return moment.Leave();
    }

    // Also by a timer of an earlier one that had the same number.
    private void Look(long number)
    {
        IReplicaLease? over = null;
        lock (_gate)
        {
            if (!_moments.TryGetValue(number, out Moment? moment)) return;
            if (moment.Left is { Ticks: > 0 } left) moment.Timer.Change(left, Timeout.InfiniteTimeSpan);
            else over = Forget(moment);
        }

        over?.Dispose();
    }

    private void Leave(Moment moment)
    {
        IReplicaLease? over;
        lock (_gate) over = moment.Leave();
        over?.Dispose();
    }

    // All of it is used under the gate.
    private sealed class Moment(IReplicaLease lease, TimeProvider clock, TimeSpan time)
    {
        private long _since = clock.GetTimestamp();
        private TimeSpan _time = time;

        public IReplicaLease Lease => lease;

        public required ITimer Timer { get; init; }

        // Whoever keeps it is one.
        public int Users { get; set; } = 1;

        public TimeSpan Left => _time - clock.GetElapsedTime(_since);

        public void Keep(TimeSpan longer)
        {
            if (Left < longer) (_since, _time) = (clock.GetTimestamp(), longer);
        }

        public IReplicaLease? Leave() => --Users == 0 ? lease : null;
    }

    private sealed class Use(HeldMoments all, Moment moment) : IDisposable
    {
        private Moment? _moment = moment;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _moment, null) is { } used) all.Leave(used);
        }
    }
}
