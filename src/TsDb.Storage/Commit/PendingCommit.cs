using TsDb.Columnar;

namespace TsDb.Storage.Commit;

/// <summary>A request on its way to the log.</summary>
/// <param name="request">What to commit.</param>
/// <param name="bytes">Room taken for its points.</param>
/// <param name="encoded">Its bytes for the log if its own thread made them; null leaves it to the
/// writer.</param>
/// <param name="options">How its waiters are resumed.</param>
internal sealed class PendingCommit(
    WriteRequest request, long bytes, BatchPayload? encoded, TaskCreationOptions options) : LaneItem
{
    private readonly TaskCompletionSource<CommitOutcome> _done = new(options);

    public WriteRequest Request { get; } = request;

    public long Bytes { get; } = bytes;

    public BatchPayload? Encoded { get; } = encoded;

    public long Rows { get; } = request.Batches.Sum(batch => (long)batch.RowCount);

    public Task<CommitOutcome> Done => _done.Task;

    /// <summary>Cells that its points belong to.</summary>
    public int Cells { get; } = request.Batches.Sum(Hot.HotBuffer.CellsOf);

    public void Complete(CommitOutcome outcome) => _done.TrySetResult(outcome);

    public override void Fail(Exception error) => _done.TrySetException(error);
}
