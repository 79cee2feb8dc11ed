using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Planning;

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

    [Theory]
    [InlineData("rate")]
    [InlineData("Moving_Avg")]
    [InlineData("SPREAD")]
    [InlineData("lttb")]
    [InlineData("sum")]
    [InlineData("locf")]
    public void What_looks_at_many_rows_is_no_expression_of_one_row(string function)
    {
        JsonObject call = new()
        {
            ["class"] = "FUNCTION",
            ["function_name"] = function,
            ["children"] = new JsonArray(SqlTree.Column("v")),
        };
        Assert.False(RowExpression.IsOver(call, _ => true));
        call["function_name"] = "abs";
        Assert.True(RowExpression.IsOver(call, _ => true));
    }

    private static IEnumerable<string> Names(string kind)
    {
        using Partitions engine = new();
        return [.. engine.Read($"SELECT DISTINCT function_name FROM duckdb_functions() WHERE {kind}", out _)
            .Select(row => (string)row[0]!)];
    }
}
