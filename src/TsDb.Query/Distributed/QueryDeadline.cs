using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>The time that a query may take until its first rows are there, its planning included.</summary>
public static class QueryDeadline
{
    /// <summary>
    /// Runs the query under a token that is cancelled when its time is over, or when <paramref name="ct"/>
    /// is. Throws <see cref="ErrorKind.Deadline"/> for the former.
    /// </summary>
    public static async Task<QueryAnswer> RunAsync(
        SqlLimits limits, TimeProvider clock, Func<CancellationToken, Task<QueryAnswer>> query,
        CancellationToken ct)
    {
        using CancellationTokenSource deadline = new(limits.DurationMax, clock);
        using CancellationTokenSource both =
            CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            return await query(both.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested
            && !ct.IsCancellationRequested)
        {
            throw new TsDbException(
                ErrorKind.Deadline,
                $"the query took longer than {SqlLimits.TextOf(limits.DurationMax)}: "
                + "narrow its time range or allow it more time");
        }
    }
}
