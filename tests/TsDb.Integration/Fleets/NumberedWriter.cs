using System.Globalization;
using System.Text;

namespace TsDb.Integration.Fleets;

/// <summary>
/// Sends numbered points, one request after the other; a request that was not acknowledged is sent again, as
/// clients do.
/// </summary>
internal abstract class NumberedWriter(string name, int pointsPerRequest)
{
    private const int DayCount = 3;
    private const long StartNanoseconds = 1_700_000_000_000_000_000;
    private const long DayNanoseconds = 86_400_000_000_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private long _next;

    public string Name => name;

    public int PointsPerRequest => pointsPerRequest;

    /// <summary>How long it rests after each request.</summary>
    public TimeSpan Rest { get; init; }

    /// <summary>Points whose request was acknowledged.</summary>
    public long Acknowledged => _next;

    /// <summary>Writes until it is told to stop or a request gets no answer.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && await TrySendAsync(Lines()))
        {
            _next += pointsPerRequest;
            if (Rest > TimeSpan.Zero) await Task.Delay(Rest, TimeProvider.System, CancellationToken.None);
        }

        await EndAsync();
    }

    /// <summary>Sends the request whose fate the last kill left open.</summary>
    public async Task FinishAsync(CancellationToken ct)
    {
        while (!await TrySendAsync(Lines())) await Task.Delay(Pause, TimeProvider.System, ct);
        _next += pointsPerRequest;
        await EndAsync();
    }

    /// <summary>True if the request was acknowledged, false if its fate is unknown.</summary>
    protected abstract Task<bool> TrySendAsync(byte[] lines);

    /// <summary>Lets go of a connection.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;

    private byte[] Lines()
    {
        StringBuilder lines = new();
        for (long n = _next; n < _next + pointsPerRequest; n++)
        {
            long time = StartNanoseconds + (n % DayCount * DayNanoseconds) + (n * 1_000_003);
            lines.Append(CultureInfo.InvariantCulture,
                $"load,writer={name},host=h{n % 7} v={n}i,w={n * 0.25} {time}\n");
        }

        return Encoding.UTF8.GetBytes(lines.ToString());
    }
}
