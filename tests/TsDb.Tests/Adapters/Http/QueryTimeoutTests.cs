using System.Text;
using Microsoft.AspNetCore.Http;
using TsDb.Adapters.Http.Query;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Tests.Adapters.Http;

/// <summary>A question takes what its client asks for, and never more than its node allows.</summary>
public sealed class QueryTimeoutTests
{
    [Theory]
    [InlineData("", 120_000)]
    [InlineData("&timeout=5s", 5_000)]
    [InlineData("&timeout=90s", 90_000)]
    [InlineData("&timeout=5m", 120_000)]
    [InlineData("&timeout=1ms", 1)]
    public async Task A_client_may_ask_for_less_than_the_node_allows(string more, int milliseconds)
    {
        DefaultHttpContext context = new();
        context.Request.Method = "GET";
        context.Request.QueryString = new QueryString($"?db=db&q=SELECT+1{more}");
        QueryForm form = await QueryForm.ReadAsync(
            context.Request, TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), form.Request.Limits.DurationMax);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0.5ms")]
    public async Task Less_than_a_millisecond_is_no_time(string timeout)
    {
        DefaultHttpContext context = new();
        context.Request.Method = "GET";
        context.Request.QueryString = new QueryString($"?db=db&q=SELECT+1&timeout={timeout}");
        TsDbException said = await Assert.ThrowsAsync<TsDbException>(() => QueryForm.ReadAsync(
            context.Request, TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));
        Assert.Equal("timeout must be 1ms or more, such as 5s", said.Message);
    }

    [Fact]
    public async Task A_ticket_of_Flight_gets_what_the_node_allows()
    {
        Asked asked = new();
        FlightQueries queries = new(asked) { DurationMax = TimeSpan.FromMinutes(2) };
        byte[] ticket = Encoding.UTF8.GetBytes("""{"database":"db","sql_query":"SELECT 1"}""");
        await Assert.ThrowsAsync<NotSupportedException>(
            () => queries.OpenAsync(ticket, TestContext.Current.CancellationToken));
        Assert.Equal(TimeSpan.FromMinutes(2), asked.Last!.Limits.DurationMax);
    }

    [Theory]
    [InlineData("1ms", 1)]
    [InlineData("60s", 60_000)]
    [InlineData("1h", 3_600_000)]
    public void A_node_may_allow_up_to_an_hour(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), QueryTimeout.Parse(text));

    [Theory]
    [InlineData("0")]
    [InlineData("61m")]
    [InlineData("soon")]
    public void Anything_else_is_refused(string text) =>
        Assert.Throws<FormatException>(() => QueryTimeout.Parse(text));

    [Fact]
    public void Without_the_flag_it_is_a_minute() =>
        Assert.Equal(TimeSpan.FromSeconds(60), QueryTimeout.Default);

    private sealed class Asked : IQueryService
    {
        public QueryRequest? Last { get; private set; }

        public Task<QueryAnswer> QueryAsync(QueryRequest request, CancellationToken ct)
        {
            Last = request;
            throw new NotSupportedException();
        }
    }
}
