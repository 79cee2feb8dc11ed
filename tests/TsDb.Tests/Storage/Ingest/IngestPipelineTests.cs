using System.Text;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Ingest;

namespace TsDb.Tests.Storage.Ingest;

public sealed class IngestPipelineTests
{
    [Fact]
    public async Task A_request_overtaken_by_another_type_is_parsed_again_and_refused_by_line()
    {
        TaskCompletionSource gate = new();
        MemoryTarget target = new() { Gate = gate.Task };
        IngestPipeline pipeline = new(target, IngestRig.Setup());
        byte[] body = Encoding.UTF8.GetBytes("m f=1 1\nm g=1 2");
        Task<ParsedPoints> write = pipeline.WriteLinesAsync(body, IngestRig.Rules(), default);
        target.Schemas = SchemaCatalog.Empty.With(new TableSchema(
            new TableId("db", "m"), [], [new Column("f", ColumnRole.Field, FieldType.String)]));
        gate.SetResult();
        ParsedPoints parsed = await write;
        Assert.Equal((1, 1), (parsed.RowCount, parsed.RefusedCount));
        Assert.Contains("already exists as type string", parsed.Refusals[0].Reason, StringComparison.Ordinal);
        Assert.Equal("g", target.Points("db", "m").Single().Fields.Keys.Single());
        Assert.Equal((1L, 1L), (pipeline.Stats.Accepted, pipeline.Stats.Rejected));
    }

    [Fact]
    public async Task A_failed_commit_counts_nothing()
    {
        MemoryTarget target = new() { Failure = new TsDbException(ErrorKind.Unavailable, "full") };
        IngestPipeline pipeline = new(target, IngestRig.Setup());
        await Assert.ThrowsAsync<TsDbException>(
            () => pipeline.WriteLinesAsync("m f=1 1\nbad"u8.ToArray(), IngestRig.Rules(), default));
        Assert.Equal((0L, 0L), (pipeline.Stats.Accepted, pipeline.Stats.Rejected));
    }
}
