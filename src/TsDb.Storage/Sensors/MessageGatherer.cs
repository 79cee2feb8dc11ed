using TsDb.Model;
using TsDb.Storage.Ingest;

namespace TsDb.Storage.Sensors;

/// <summary>
/// Group commit for messages: while one group is on its way to the disk, the messages that come are parsed
/// into the next, which sets out the moment the first is down. So a message on an idle node waits for
/// nobody, and on a busy one everything that waited shares one batch and one fsync.
/// </summary>
/// <remarks>
/// Messages reach the log in the order of the calls of <see cref="Take"/>, and are answered in that order.
/// While the store has no room a group is held and tried again; nothing is acknowledged meanwhile, which is
/// how senders are slowed down. The caller bounds the bytes that he has handed over and not got back.
/// </remarks>
public sealed class MessageGatherer(IngestPipeline pipeline, GatherLimits limits, TimeProvider clock)
{
    private static readonly TimeSpan RetryAfterDefault = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<MessageGroup> _closed = [];
    private MessageGroup? _open;
    private Task _running = Task.CompletedTask;
    private bool _isCommitting;
    private long _groups;
    private long _messages;

    /// <summary>Groups stored since start.</summary>
    public long GroupCount => Volatile.Read(ref _groups);

    /// <summary>Messages in them.</summary>
    public long MessageCount => Volatile.Read(ref _messages);

    /// <summary>Told when a receipt throws, which it must not: the others are told all the same.</summary>
    public Action<Exception>? OnFault { get; init; }

    /// <summary>Takes a message over; it is told how it ended, later or before the call returns.</summary>
    public void Take(GatheredMessage message)
    {
        lock (_gate)
        {
            _open ??= Begin();
            if (!_open.TryAdd(message))
            {
                _closed.Enqueue(_open);
                _open = Begin();
                _open.TryAdd(message);
            }

            bool isFull = _open.PayloadBytes >= limits.GroupBytesMax
                || _open.Messages.Count >= limits.GroupMessagesMax;
            if (isFull)
            {
                _closed.Enqueue(_open);
                _open = null;
            }

            if (_isCommitting) return;
            _isCommitting = true;
        }

        _running = RunAsync();
    }

    /// <summary>Ends when every message taken so far has been answered.</summary>
    public async Task DrainAsync()
    {
        while (true)
        {
            await _running.ConfigureAwait(false);
            lock (_gate)
            {
                if (!_isCommitting) return;
            }

            await Task.Yield();
        }
    }

    private MessageGroup Begin() => new(pipeline.Setup, pipeline.Schemas);

    private MessageGroup? Next()
    {
        lock (_gate)
        {
            if (_closed.TryDequeue(out MessageGroup? group)) return group;
            (group, _open) = (_open, null);
            _isCommitting = group is not null;
            return group;
        }
    }

    private async Task RunAsync()
    {
        MessageGroup? group = Next();
        Task<Exception?>? commit = group is null ? null : CommitAsync(group);
        while (group is not null)
        {
            Exception? failure = await commit!.ConfigureAwait(false);

            // The disk first: the next group is under way while the answers of this one are written.
            MessageGroup? next = Next();
            commit = next is null ? null : CommitAsync(next);
            Answer(group, failure);
            group = next;
        }
    }

    /// <summary>Stores a group; null, or why none of it is stored.</summary>
    private async Task<Exception?> CommitAsync(MessageGroup group)
    {
        Interlocked.Increment(ref _groups);
        Interlocked.Add(ref _messages, group.Messages.Count);
        long started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await pipeline.WriteAsync(group.Parse, CancellationToken.None).ConfigureAwait(false);
                return null;
            }
            catch (TsDbException error) when (error.Kind == ErrorKind.Unavailable)
            {
                TimeSpan wait = error.RetryAfter ?? RetryAfterDefault;
                if (clock.GetElapsedTime(started) + wait > limits.HoldMax) return error;
                await Task.Delay(wait, clock).ConfigureAwait(false);
            }
            catch (TsDbException error) when (IsFinal(error) && group.Messages.Count > 1)
            {
                // One message of many is at fault: each by itself, so that it takes none along.
                await CommitOneByOneAsync(group).ConfigureAwait(false);
                return null;
            }
            catch (Exception error)
            {
                // Whatever it was, the points are not known to be durable: the senders keep them.
                return error;
            }
        }
    }

    private async Task CommitOneByOneAsync(MessageGroup group)
    {
        foreach (GatheredMessage message in group.Messages)
        {
            using MessageGroup alone = new(pipeline.Setup, pipeline.Schemas);
            alone.TryAdd(message);
            Exception? failure = await CommitAsync(alone).ConfigureAwait(false);
            if (failure is null) continue;
            (message.Rows, message.Reason) = (0, failure.Message);
            message.HasFailed = !IsFinal(failure);
            message.RefusedCount = Math.Max(1, message.RefusedCount);
        }
    }

    private void Answer(MessageGroup group, Exception? failure)
    {
        foreach (GatheredMessage message in group.Messages)
        {
            (MessageOutcome outcome, string? reason) = failure switch
            {
                null when message.HasFailed => (MessageOutcome.Failed, message.Reason),
                null when message.Rows == 0 && message.RefusedCount > 0 =>
                    (MessageOutcome.Refused, message.Reason),
                null => (MessageOutcome.Done, message.Reason),
                _ when IsFinal(failure) => (MessageOutcome.Refused, failure.Message),
                _ => (MessageOutcome.Failed, failure.Message),
            };
            Tell(message.Receipt, receipt => receipt.End(outcome, message.RefusedCount, reason));
        }

        foreach (GatheredMessage message in group.Messages)
            Tell(message.Receipt, static receipt => receipt.GroupEnded());
        group.Dispose();
    }

    private void Tell(IMessageReceipt receipt, Action<IMessageReceipt> tell)
    {
        try
        {
            tell(receipt);
        }
        catch (Exception error)
        {
            OnFault?.Invoke(error);
        }
    }

    private static bool IsFinal(Exception error) =>
        error is TsDbException { Kind: ErrorKind.Invalid or ErrorKind.TooLarge or ErrorKind.Conflict };
}
