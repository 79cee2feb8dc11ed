using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Tests.Query;

/// <summary>What a coordinator remembers of the columns that edges told.</summary>
public sealed class EdgeColumnsTests
{
    private static readonly EdgeId Edge = new("E1");
    private static readonly TableId Table = new("db", "m");
    private static readonly ImmutableArray<Column> Columns = [new("v", ColumnRole.Field, FieldType.Float64)];

    [Fact]
    public void The_answer_to_an_earlier_question_that_comes_late_does_not_replace_a_later_one()
    {
        EdgeColumns known = new();
        long first = known.NextQuestion();
        long second = known.NextQuestion();
        known.Learn(Edge, Table, Columns, second);
        known.Learn(Edge, Table, [], first);
        Assert.Equal(Columns.AsEnumerable(), known.Find(Edge, Table));
        known.Learn(Edge, Table, [], known.NextQuestion());
        Assert.Equal([], known.Find(Edge, Table));
    }
}
