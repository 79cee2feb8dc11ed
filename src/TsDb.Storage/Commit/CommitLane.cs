using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using TsDb.Model;

namespace TsDb.Storage.Commit;

/// <summary>
/// The one way to the writer: a bounded channel, and the thread that drains it. While a group's fsync runs
/// the next requests gather, so the group grows with what the disk takes and no time is spent waiting for
/// company.
/// </summary>
internal sealed class CommitLane(CommitWriter writer, EdgeStoreOptions options, ILogger log)
{
    private readonly TaskCompletionSource _fault = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<LaneItem> _channel = Channel.CreateBounded<LaneItem>(
        new BoundedChannelOptions(options.QueueRequestsMax) { SingleReader = true });

    private Thread? _thread;

    /// <summary>Requests that wait for the writer.</summary>
    public int QueuedCount => _channel.Reader.Count;

    /// <summary>Called after each group, to see whether a seal is due.</summary>
    public Action? OnCommitted { get; set; }

    /// <summary>Ends with an error when the writer met something it cannot go on after.</summary>
    public Task Fault => _fault.Task;

    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "tsdb-commit" };
        _thread.Start();
    }

    /// <summary>
    /// Queues an item, waiting while the queue is full. Throws <see cref="ErrorKind.Closed"/> after the end.
    /// </summary>
    public async Task EnqueueAsync(LaneItem item, CancellationToken ct)
    {
        try
        {
            await _channel.Writer.WriteAsync(item, ct).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new TsDbException(
                ErrorKind.Closed, "this edge is shutting down: write to it when it is back", e);
        }
    }

    /// <summary>Takes nothing more, finishes what is queued.</summary>
    public void Close()
    {
        _channel.Writer.TryComplete();
        if (_thread is null) while (RunOnce()) continue;
        else _thread.Join();
    }

    /// <summary>Commits one group of what is waiting; false if nothing was.</summary>
    public bool RunOnce()
    {
        List<PendingCommit> group = [];
        long bytes = 0;
        long cells = 0;
        bool isBusy = false;
        while (bytes < options.GroupBytesMax && cells < options.SealCells
            && _channel.Reader.TryRead(out LaneItem? item))
        {
            isBusy = true;
            if (item is PendingCommit pending)
            {
                group.Add(pending);
                bytes += pending.Bytes;
                cells += pending.Cells;
                continue;
            }

            Commit(group);
            group = [];
            Freeze((PendingFreeze)item);
        }

        Commit(group);
        return isBusy;
    }

    private void Commit(List<PendingCommit> group)
    {
        if (group.Count == 0) return;
        try
        {
            writer.Commit(group);
        }
        catch (Exception e)
        {
            foreach (PendingCommit pending in group) pending.Fail(e);
            Stop(e);
            throw;
        }

        OnCommitted?.Invoke();
    }

    private void Freeze(PendingFreeze item)
    {
        try
        {
            item.Complete(writer.Freeze());
        }
        catch (Exception e)
        {
            item.Fail(e);
            Stop(e);
            throw;
        }
    }

    private void Run()
    {
        try
        {
            while (_channel.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
                while (RunOnce()) continue;
        }
        catch (Exception) when (_fault.Task.IsFaulted)
        {
            // Stop has told everybody; whoever still waits learns it here.
            TsDbException closed = new(ErrorKind.Closed, "the writer of this edge stopped: restart it");
            while (_channel.Reader.TryRead(out LaneItem? item)) item.Fail(closed);
        }
    }

    private void Stop(Exception e)
    {
        Log.WriterStopped(log, e);
        _channel.Writer.TryComplete();
        _fault.TrySetException(e);
    }
}
