using TsDb.Model;

namespace TsDb.Tests.Adapters.DuckDb;

/// <summary>Functions that make as much as a number says are looked at before they make it.</summary>
public sealed class SizedCallTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    [Theory]
    [InlineData("len(repeat('x', 1500000000))")]
    [InlineData("len(('x').repeat(1500000000))")]
    [InlineData("len(main.repeat('x', 1500000000))")]
    [InlineData("len(repeat(repeat('x', 1000000), 1000000))")]
    [InlineData("len(repeat([1, 2], 1500000000))")]
    [InlineData("octet_length(repeat('x'::BLOB, 1500000000))")]
    [InlineData("len(range(300000000))")]
    [InlineData("len(range(5, 300000000))")]
    [InlineData("len(range(300000000, 0, -1))")]
    [InlineData("len(generate_series(0, 300000000, 1))")]
    [InlineData("len(range(TIMESTAMP '2000-01-01', TIMESTAMP '2100-01-01', INTERVAL '1 second'))")]
    [InlineData("len(range(TIMESTAMPTZ '2000-01-01', TIMESTAMPTZ '2100-01-01', INTERVAL '1 second'))")]
    [InlineData("len(lpad('x', 1500000000, 'y'))")]
    [InlineData("len(rpad('x', 1500000000, 'y'))")]
    [InlineData("len(list_resize([1], 1500000000))")]
    [InlineData("len(array_resize([1], 1500000000, 7))")]
    [InlineData("len(list_resize([''], 100000, repeat('x', 100000)))")]
    [InlineData("bit_length(bitstring('1', 1500000000))")]
    [InlineData("len(format('{:>1500000000}', 'x'))")]
    [InlineData("len(format('{{{:>1500000000}}}', 'x'))")]
    [InlineData("len(printf('%%%1500000000d', 1))")]
    [InlineData("len(printf('%.1500000000f', 1.5))")]
    [InlineData("levenshtein(repeat('x', 1000000), repeat('y', 1000000))")]
    [InlineData("damerau_levenshtein(repeat('x', 20000), repeat('y', 20000))")]
    public async Task A_value_that_is_too_large_is_refused(string call)
    {
        TsDbException error =
            await Assert.ThrowsAsync<TsDbException>(() => fixture.AskAsync($"SELECT {call} AS n"));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains("more than 67108864", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sum(len(repeat('x', x * 100)))")]
    [InlineData("sum(len(lpad('x', x::INT * 100, 'y')))")]
    [InlineData("sum(len(range(x * 100)))")]
    [InlineData("sum(len(format('{:>' || x * 100 || '}', 'x')))")]
    [InlineData("sum(len(equi_width_bins(0, 100000000, x * 100, false)))")]
    public async Task Rows_count_together(string sum)
    {
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(
            () => fixture.AskAsync($"SELECT {sum} AS n FROM range(2000) t(x)"));
        Assert.Contains("more than 67108864", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("repeat('ab', 3)", "ababab")]
    [InlineData("levenshtein('kitten', 'sitting')", "3")]
    [InlineData("editdist3(NULL, 'sitting')", "null")]
    [InlineData("damerau_levenshtein('ab', 'ba')", "1")]
    [InlineData("repeat(NULL, 3)", "null")]
    [InlineData("repeat('ab', NULL)", "null")]
    [InlineData("repeat('ab', -1)", "")]
    [InlineData("repeat([1, 2], 2)", "[1,2,1,2]")]
    [InlineData("lpad('1', 3, '0') || rpad('1', 3, '0')", "001100")]
    [InlineData("range(3)", "[0,1,2]")]
    [InlineData("range(-3)", "[]")]
    [InlineData("range(1, 7, 2)", "[1,3,5]")]
    [InlineData("range(3, 0, -1)", "[3,2,1]")]
    [InlineData("generate_series(1, 3)", "[1,2,3]")]
    [InlineData("range(1, NULL)", "null")]
    [InlineData("len(range(DATE '2016-01-01', DATE '2016-03-01', INTERVAL '1 month'))", "2")]
    [InlineData("len(range(TIMESTAMP_NS '2016-01-01', TIMESTAMP_NS '2016-03-01', INTERVAL '1 month'))", "2")]
    [InlineData("list_resize([1], 3, 9)", "[1,9,9]")]
    [InlineData("list_resize([1, 2], 1)", "[1]")]
    [InlineData("list_resize(['a'], 2, NULL)", "[a,null]")]
    [InlineData("bitstring('101', 6)::VARCHAR", "000101")]
    [InlineData("format('{}-{:>4}-{{x}}', 1, 'a')", "1-   a-{x}")]
    [InlineData("format('{1} {0}', 'a', 'b')", "b a")]
    [InlineData("printf('%5d|%-4s|%.2f|100%%', 7, 'a', 1.5)", "    7|a   |1.50|100%")]
    [InlineData("[x * 2 for x in range(3)]", "[0,2,4]")]
    [InlineData("(SELECT count(*) FROM range(1000000))", "1000000")]
    [InlineData("(SELECT count(*) FROM repeat(1, 1000000))", "1000000")]
    [InlineData("(SELECT count(*) FROM (SELECT unnest(range(1000000))))", "1000000")]
    public async Task What_is_small_is_as_the_engine_makes_it(string call, string expected) =>
        Assert.Equal(expected, await fixture.AskAsync($"SELECT {call} AS v"));

    [Theory]
    [InlineData("SELECT system.main.repeat('x', 3)", "without system")]
    [InlineData("SELECT SYSTEM.repeat('x', 3)", "without system")]
    [InlineData("SELECT format('{:{}}', 'x', 3)", "as a number")]
    [InlineData("SELECT printf('%*d', 3, 1)", "as a number")]
    [InlineData("SELECT NULL::INT[100000]", "fixed length")]
    [InlineData("SELECT NULL::STRUCT(a INT[1000][1000])", "fixed length")]
    public async Task Ways_around_are_refused(string sql, string part)
    {
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => fixture.AskAsync(sql));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }
}
