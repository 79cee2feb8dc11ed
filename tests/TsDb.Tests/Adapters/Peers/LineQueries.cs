using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Tests.Adapters.Peers;

/// <summary>What a node answers on its lines: a catalog that is always the same, and numbers as
/// rows.</summary>
internal sealed class LineQueries : ICatalogClient, IFragmentClient
{
    public static readonly CatalogAnswer Answer =
        new(new CatalogVersion(new Guid(4, 5, 6, new byte[8]), 12), [new ShardId(2)], ["d"], []);

    public CatalogQuestion? Question { get; private set; }

    public FragmentRequest? Fragment { get; private set; }

    public TsDbException? Error { get; set; }

    public TsDbException? ErrorAtEnd { get; set; }

    public int Rows { get; set; }

    public bool GoesOn { get; set; }

    public Task Hold { get; set; } = Task.CompletedTask;

    public TaskCompletionSource Stopped { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<CatalogAnswer> AskAsync(
        NodeId node, CatalogQuestion question, CancellationToken ct)
    {
        await Hold;
        if (Error is not null) throw Error;
        Question = question;
        return Answer;
    }

    public Task<ImmutableArray<Leaf>> LeavesAsync(
        NodeId node, ImmutableArray<Cell> cells, CancellationToken ct) =>
        throw new NotSupportedException("not asked for here");

    public Task<CatalogVersion> FetchAsync(
        NodeId node, ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct) =>
        throw new NotSupportedException("not asked for here");

    public Task<ISqlResult> RunAsync(NodeId node, FragmentRequest request, CancellationToken ct)
    {
        Fragment = request;
        return Error is null ? Task.FromResult<ISqlResult>(new Numbers(this, ct)) : throw Error;
    }

    private sealed class Numbers(LineQueries queries, CancellationToken run) : ISqlResult
    {
        private const int BatchRows = 30_000;

        public Schema Schema { get; } = new Schema.Builder()
            .Field(new Field("x", Int64Type.Default, true)).Build();

        public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken ct)
        {
            for (int start = 0; start < queries.Rows; start += BatchRows)
            {
                int count = Math.Min(BatchRows, queries.Rows - start);
                Int64Array.Builder values = new();
                for (int i = 0; i < count; i++) values.Append(start + i);
                yield return new RecordBatch(Schema, [values.Build()], count);
            }

            if (queries.ErrorAtEnd is not null) throw queries.ErrorAtEnd;
            if (!queries.GoesOn) yield break;

            // One batch, so that the columns are on their way, then nothing until somebody stops it: by the
            // token, or by an end of its rows if this batch cannot be sent any more.
            try
            {
                yield return new RecordBatch(Schema, [new Int64Array.Builder().Append(0).Build()], 1);
                await using CancellationTokenRegistration registered =
                    run.Register(() => queries.Stopped.TrySetResult());
                await queries.Stopped.Task;
                run.ThrowIfCancellationRequested();
            }
            finally
            {
                queries.Stopped.TrySetResult();
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
