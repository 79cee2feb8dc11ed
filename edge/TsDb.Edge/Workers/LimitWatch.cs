using TsDb.Storage;

namespace TsDb.Edge.Workers;

/// <summary>
/// Says in the log when a limit is nearly reached, before writers feel it: once when it is passed, once when
/// there is room again.
/// </summary>
internal sealed partial class LimitWatch(
    Func<IReadOnlyList<LimitUse>> limits, TimeProvider clock, ILoggerFactory loggers)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    // Between this and the share that warns nothing is said, so that no value fills the log.
    private const double CalmShare = 0.75;

    private readonly ILogger _log = loggers.CreateLogger("TsDb.Edge.Limits");
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using PeriodicTimer timer = new(Every, clock);
        while (await timer.WaitForNextTickAsync(stop)) Look();
    }

    /// <summary>Compares every limit once.</summary>
    internal void Look()
    {
        foreach (LimitUse limit in limits())
        {
            if (limit.Share >= LimitUse.WarnShare && _warned.Add(limit.Name))
                NearlyReached(_log, limit.Name, limit.Share, limit.Used, limit.Max);
            else if (limit.Share < CalmShare && _warned.Remove(limit.Name))
                HasRoom(_log, limit.Name, limit.Used, limit.Max);
        }
    }

    [LoggerMessage(1111, LogLevel.Warning,
        "The limit '{Limit}' is used to {Share:P0} ({Used} of {Max}): beyond it points are refused")]
    private static partial void NearlyReached(ILogger log, string limit, double share, long used, long max);

    [LoggerMessage(1112, LogLevel.Information, "The limit '{Limit}' has room again ({Used} of {Max})")]
    private static partial void HasRoom(ILogger log, string limit, long used, long max);
}
