using Microsoft.Extensions.Logging;
using TsDb.Adapters.Flight;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Replication.Serving;

namespace TsDb.Adapters.Mqtt.Fresh;

/// <summary>
/// Answers the cloud's fresh queries on an edge: a few at a time, each until its deadline or until the cloud
/// lets go of it. A question that comes twice is answered once.
/// </summary>
public sealed class EdgeQueryService(
    EdgeQueryIdentity self, ShipmentTopics topics, EdgeDesk desk, TimeProvider clock, ILogger log)
        : IAsyncDisposable
{
    private const int RunningMax = 2;
    private const int WaitingMax = 64;
    private const int SeenMax = 1_024;

    private readonly SemaphoreSlim _places = new(RunningMax);
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Run> _running = [];
    private readonly Queue<Guid> _seen = new();
    private readonly HashSet<Guid> _seenSet = [];
    private bool _isStopped;
    private long _answered;
    private long _refused;
    private long _late;
    private long _unsent;

    /// <summary>What became of the questions so far.</summary>
    public EdgeQueryStats Stats => new(
        Interlocked.Read(ref _answered), Interlocked.Read(ref _refused), Interlocked.Read(ref _late),
        Interlocked.Read(ref _unsent));

    /// <summary>
    /// Takes a question and answers it on <paramref name="publish"/> in its own time; the parts are no larger
    /// than <paramref name="partBytes"/>. What goes wrong later is logged and counted, and said to the cloud
    /// as long as there is time.
    /// </summary>
    public void Take(
        EdgeQuery query, int partBytes, Func<string, byte[], CancellationToken, Task<string?>> publish)
    {
        // Only the cluster that this edge ships to may ask.
        if (query.Header.Cluster is not { } asker || self.Cluster() != asker) return;
        Run run;
        lock (_gate)
        {
            if (query.Kind == 0)
            {
                if (_running.TryGetValue(query.QueryId, out Run? lost)) lost.Time.Cancel();
                return;
            }

            if (_isStopped || !_seenSet.Add(query.QueryId)) return;
            _seen.Enqueue(query.QueryId);
            if (_seen.Count > SeenMax) _seenSet.Remove(_seen.Dequeue());
            run = new Run(new CancellationTokenSource(query.Deadline, clock), _running.Count >= WaitingMax);
            _running.Add(query.QueryId, run);
        }

        _ = Task.Run(async () =>
        {
            await RunAsync(query, run, new Reply(query, self.Edge, topics, partBytes, clock, publish));
            lock (_gate)
            {
                _running.Remove(query.QueryId);
                run.Time.Dispose();
            }

            run.Done.SetResult();
        });
    }

    /// <summary>Lets go of all questions and waits until none runs any more.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            _isStopped = true;
            foreach (Run run in _running.Values) run.Time.Cancel();
            running = [.. _running.Values.Select(run => run.Done.Task)];
        }

        await Task.WhenAll(running);
        _places.Dispose();
    }

    // Nobody waits for it: whatever happens ends here.
    private async Task RunAsync(EdgeQuery query, Run run, Reply reply)
    {
        CancellationToken ct = run.Time.Token;
        try
        {
            string? unsent = run.IsTooMany
                ? await RefuseAsync(reply, "too many queries wait on this edge", ct)
                : await AnswerAsync(query, reply, ct);
            if (unsent is not null) NotSent(reply, unsent);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Nobody waits for the answer any more.
            Interlocked.Increment(ref _late);
            Log.QueryLate(log, query.QueryId, query.Node);
        }
        catch (Exception e)
        {
            NotSent(reply, e.Message);
        }
    }

    private async Task<string?> AnswerAsync(EdgeQuery query, Reply reply, CancellationToken ct)
    {
        byte[] answer;
        await _places.WaitAsync(ct);
        try
        {
            answer = await ComputeAsync(query, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (e is not TsDbException) Log.QueryFailed(log, e);
            string reason = e is TsDbException ? e.Message : "the query failed there; its log says how";
            return await RefuseAsync(reply, reason, ct);
        }
        finally
        {
            _places.Release();
        }

        string? unsent = await reply.SendAsync("", answer, ct);
        if (unsent is null) Interlocked.Increment(ref _answered);
        return unsent;
    }

    private async Task<string?> RefuseAsync(Reply reply, string reason, CancellationToken ct)
    {
        Interlocked.Increment(ref _refused);
        return await reply.SendAsync(reason, [], ct);
    }

    private void NotSent(Reply reply, string reason)
    {
        Interlocked.Increment(ref _unsent);
        Log.ReplyNotSent(log, reply.Topic, reason);
    }

    private async Task<byte[]> ComputeAsync(EdgeQuery query, CancellationToken ct)
    {
        if (query.Kind > EdgeMessages.Kind)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"this edge answers questions up to kind {EdgeMessages.Kind}, not {query.Kind}: "
                + "it needs a newer program");
        }

        FreshAnswer answer = await desk.AnswerAsync(EdgeMessages.DecodeQuestion(query.Body.Span), ct);
        return await EdgeMessages.EncodeAsync(answer, ct);
    }

    // A question that is being answered: its time, and when it is over.
    private sealed record Run(CancellationTokenSource Time, bool IsTooMany)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    // Where the answer to one question goes, in parts.
    private sealed class Reply(
        EdgeQuery query,
        EdgeId edge,
        ShipmentTopics topics,
        int partBytes,
        TimeProvider clock,
        Func<string, byte[], CancellationToken, Task<string?>> publish)
    {
        public string Topic { get; } = topics.Reply(query.Node);

        // Null once all is sent, else why not.
        public async Task<string?> SendAsync(string error, byte[] answer, CancellationToken ct)
        {
            int part = 0;
            ReplyPace pace = new(partBytes);
            for (int at = 0; at < answer.Length || part == 0; part++)
            {
                int length = Math.Min(pace.Bytes, answer.Length - at);
                long start = clock.GetTimestamp();
                EdgeReply reply = new(
                    edge, query.QueryId, part, at + length >= answer.Length, error,
                    answer.AsMemory(at, length));
                if (await publish(Topic, ShipmentCodec.Encode(reply), ct) is { } failed) return failed;
                at += length;
                pace.Took(clock.GetElapsedTime(start));
            }

            return null;
        }
    }
}
