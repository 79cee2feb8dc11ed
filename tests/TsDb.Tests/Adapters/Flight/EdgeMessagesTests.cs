using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using TsDb.Adapters.Flight;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Tests.Formats;

namespace TsDb.Tests.Adapters.Flight;

public sealed class EdgeMessagesTests
{
    private static readonly TableId Table = new("db", "weather");

    [Fact]
    public void A_question_comes_back_as_it_was()
    {
        FreshQuestion question = WireFormats.Question() with { ColumnsHash = ulong.MaxValue - 7 };
        FreshQuestion read = EdgeMessages.DecodeQuestion(
            EdgeMessages.Encode(question, new ClusterId(Guid.Empty)));
        Assert.Equal(question.Table, read.Table);
        Assert.Equal(question.ColumnsHash, read.ColumnsHash);
        Assert.Equal(question.Pinned, read.Pinned);
        Assert.Equal(question.Fragment!.Sql, read.Fragment!.Sql);
        Assert.Equal(question.Fragment.Scope.Range, read.Fragment.Scope.Range);
        Assert.Equal(question.Fragment.Scope.Edges, read.Fragment.Scope.Edges);
        Assert.Equal(question.Fragment.Table.Columns.AsEnumerable(), read.Fragment.Table.Columns);
    }

    [Fact]
    public async Task An_answer_comes_back_as_it_was()
    {
        Schema schema = new([new Field("n", Int64Type.Default, true)], null);
        FreshAnswer answer = new()
        {
            Columns = [new Model.Column("host", ColumnRole.Tag, FieldType.String)],
            Days = [new Day(1), new Day(-2)],
            Incomplete = [(new Day(5), "why")],
            Schema = schema,
            Batches = [new RecordBatch(schema, [new Int64Array.Builder().Append(7).AppendNull().Build()], 2)],
        };
        CancellationToken ct = TestContext.Current.CancellationToken;
        FreshAnswer read = await EdgeMessages.DecodeAnswerAsync(
            await EdgeMessages.EncodeAsync(answer, ct), ct);
        Assert.Equal(answer.Columns.Value.AsEnumerable(), read.Columns!.Value);
        Assert.Equal(answer.Days.AsEnumerable(), read.Days);
        Assert.Equal(answer.Incomplete.AsEnumerable(), read.Incomplete);
        Int64Array values = (Int64Array)read.Batches.Single().Column(0);
        Assert.Equal(7, values.GetValue(0));
        Assert.Null(values.GetValue(1));
    }

    [Fact]
    public void Bytes_of_chance_are_refused_and_nothing_else_happens() =>
        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            TsDbException refused =
                Assert.Throws<TsDbException>(() => EdgeMessages.DecodeQuestion(bytes));
            Assert.Equal(ErrorKind.Invalid, refused.Kind);
        });
}
