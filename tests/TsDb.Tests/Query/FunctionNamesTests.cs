using TsDb.Query.Analysis;

namespace TsDb.Tests.Query;

public sealed class FunctionNamesTests
{
    [Theory]
    [InlineData("function_type = 'aggregate'")]
    [InlineData(
        "function_type = 'macro' AND macro_definition LIKE '%sum(%' AND function_name NOT LIKE 'list_%'")]
    public void No_aggregate_of_the_engine_is_taken_for_a_function_of_one_row(string kind) =>
        Assert.Empty(Names(kind).Except(FunctionNames.Aggregates));

    [Fact]
    public void No_function_that_changes_by_itself_is_taken_for_a_constant_one() =>
        Assert.Empty(Names("stability <> 'CONSISTENT'").Except(FunctionNames.Volatile));

    private static IEnumerable<string> Names(string kind)
    {
        using Partitions engine = new();
        return [.. engine.Read($"SELECT DISTINCT function_name FROM duckdb_functions() WHERE {kind}", out _)
            .Select(row => (string)row[0]!)];
    }
}
