namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// How many log lines about messages may be written, so that a flood of bad ones does not become a flood of
/// lines. Safe to use from many threads.
/// </summary>
internal sealed class LogBudget(TimeProvider clock)
{
    private const int LinesMax = 20;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _began = clock.GetTimestamp();
    private int _lines;
    private long _left;

    /// <summary>
    /// True if a line may be written; then <paramref name="leftOut"/> says how many were left out before it.
    /// </summary>
    public bool TryTake(out long leftOut)
    {
        lock (_gate)
        {
            leftOut = 0;
            if (clock.GetElapsedTime(_began) >= Window) (_began, _lines) = (clock.GetTimestamp(), 0);
            if (_lines >= LinesMax)
            {
                _left++;
                return false;
            }

            _lines++;
            (leftOut, _left) = (_left, 0);
            return true;
        }
    }
}
