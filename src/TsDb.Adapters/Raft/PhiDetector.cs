namespace TsDb.Adapters.Raft;

/// <summary>
/// A phi accrual failure detector (Hayashibara et al., 2004) over the last intervals between heartbeats. Used
/// by one thread at a time; time comes in. The deviation is computed from the intervals each time, as running
/// sums of squares lose so much by rounding that it comes out as no number, and the peer as dead for good.
/// </summary>
internal sealed class PhiDetector
{
    private const int IntervalsMax = 100;

    private readonly Queue<double> _intervals = new();
    private readonly TimeSpan _deviationMin;
    private readonly TimeSpan _pause;
    private double _mean;
    private double _deviation;

    /// <summary>A detector that was told of one heartbeat and expects the next.</summary>
    /// <param name="expected">The first guess at the interval.</param>
    /// <param name="deviationMin">Less than this is not believed of any network or scheduler.</param>
    /// <param name="pause">Silence that is borne beyond the usual.</param>
    public PhiDetector(TimeSpan expected, TimeSpan deviationMin, TimeSpan pause)
    {
        (_deviationMin, _pause) = (deviationMin, pause);
        Report(expected);
    }

    /// <summary>A heartbeat came, so long after the one before.</summary>
    public void Report(TimeSpan interval)
    {
        _intervals.Enqueue(interval.TotalMilliseconds);
        if (_intervals.Count > IntervalsMax) _intervals.Dequeue();
        _mean = _intervals.Average();
        double variance = _intervals.Average(one => (one - _mean) * (one - _mean));
        _deviation = Math.Max(Math.Sqrt(variance), _deviationMin.TotalMilliseconds);
    }

    /// <summary>
    /// How sure it is that the peer is dead after so long a silence: the negative decimal logarithm of the
    /// chance that a heartbeat still comes. Never less than 0.
    /// </summary>
    public double Phi(TimeSpan silence)
    {
        double y = (silence.TotalMilliseconds - _mean - _pause.TotalMilliseconds) / _deviation;
        if (y <= 0) return 0;

        // The normal distribution's tail by its logistic approximation.
        double odds = Math.Exp(-y * (1.5976 + (0.070566 * y * y)));
        return -Math.Log10(odds / (1 + odds));
    }
}
