using TsDb.Storage.Seal;

namespace TsDb.Storage.Commit;

/// <summary>A seal's request: everything committed so far is to be written out.</summary>
internal sealed class PendingFreeze(TaskCreationOptions options) : LaneItem
{
    private readonly TaskCompletionSource<FrozenBuffer> _done = new(options);

    public Task<FrozenBuffer> Done => _done.Task;

    public void Complete(FrozenBuffer frozen) => _done.TrySetResult(frozen);

    public override void Fail(Exception error) => _done.TrySetException(error);
}
