using Microsoft.Extensions.Time.Testing;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Distributed;

namespace TsDb.Tests.Query;

public sealed class QueryDeadlineTests
{
    private static readonly SqlLimits Limits = new() { DurationMax = TimeSpan.FromMilliseconds(250) };

    [Fact]
    public async Task A_query_that_takes_longer_than_it_may_is_told_so()
    {
        FakeTimeProvider clock = new();
        Task<QueryAnswer> asking =
            QueryDeadline.RunAsync(Limits, clock, NeverAsync, TestContext.Current.CancellationToken);
        clock.Advance(Limits.DurationMax);
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => asking);
        Assert.Equal(ErrorKind.Deadline, error.Kind);
        Assert.Contains("longer than 250 ms", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_goes_is_no_deadline()
    {
        using CancellationTokenSource client = new();
        Task<QueryAnswer> asking =
            QueryDeadline.RunAsync(Limits, new FakeTimeProvider(), NeverAsync, client.Token);
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    private static async Task<QueryAnswer> NeverAsync(CancellationToken ct)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
        throw new InvalidOperationException("the wait has no end of its own");
    }
}
