using System.Collections.Concurrent;
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
        : IDisposable
{
    private const int RunningMax = 2;
    private const int WaitingMax = 64;
    private const int SeenMax = 1_024;

    private readonly SemaphoreSlim _places = new(RunningMax);
    private readonly ConcurrentDictionary<Guid, CancellationTokenSource> _running = new();
    private readonly Queue<Guid> _seen = new();
    private readonly HashSet<Guid> _seenSet = [];

    /// <summary>
    /// Takes a question and answers it on <paramref name="publish"/> in its own time; the parts are no larger
    /// than <paramref name="partBytes"/>.
    /// </summary>
    public void Take(
        EdgeQuery query, int partBytes, Func<string, byte[], CancellationToken, Task<string?>> publish)
    {
        // Only the cluster that this edge ships to may ask.
        if (query.Header.Cluster is not { } asker || self.Cluster() != asker) return;
        if (query.Kind == 0)
        {
            if (_running.TryGetValue(query.QueryId, out CancellationTokenSource? run)) run.Cancel();
            return;
        }

        lock (_seen)
        {
            if (!_seenSet.Add(query.QueryId)) return;
            _seen.Enqueue(query.QueryId);
            if (_seen.Count > SeenMax) _seenSet.Remove(_seen.Dequeue());
        }

        _ = AnswerAsync(query, partBytes, publish);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CancellationTokenSource run in _running.Values) run.Cancel();
    }

    private async Task AnswerAsync(
        EdgeQuery query, int partBytes, Func<string, byte[], CancellationToken, Task<string?>> publish)
    {
        using CancellationTokenSource run = new(query.Deadline, clock);
        string topic = topics.Reply(query.Node);
        if (_running.Count >= WaitingMax)
        {
            await SendAsync("too many queries wait on this edge", []);
            return;
        }

        _running[query.QueryId] = run;
        try
        {
            await _places.WaitAsync(run.Token);
            try
            {
                await SendAsync("", await ComputeAsync(query, run.Token));
            }
            finally
            {
                _places.Release();
            }
        }
        catch (OperationCanceledException) when (run.IsCancellationRequested)
        {
            // Nobody waits for it any more.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is not TsDbException) Log.QueryFailed(log, e);
            await SendAsync(e is TsDbException ? e.Message : "the query failed there; its log says how", []);
        }
        finally
        {
            _running.TryRemove(query.QueryId, out _);
        }

        async Task SendAsync(string error, byte[] answer)
        {
            int part = 0;
            for (int at = 0; at < answer.Length || part == 0; part++)
            {
                int length = Math.Min(partBytes, answer.Length - at);
                EdgeReply reply = new(
                    self.Edge, query.QueryId, part, at + length >= answer.Length, error, answer.AsMemory(
                        at, length));
                if (await publish(topic, ShipmentCodec.Encode(reply), run.Token) is { } failed)
                {
                    Log.ReplyNotSent(log, topic, failed);
                    return;
                }

                at += length;
            }
        }
    }

    private async Task<byte[]> ComputeAsync(EdgeQuery query, CancellationToken ct)
    {
        if (query.Kind != EdgeMessages.Kind)
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"this edge speaks queries of kind {EdgeMessages.Kind}, not {query.Kind}");
        }

        FreshAnswer answer = await desk.AnswerAsync(EdgeMessages.DecodeQuestion(query.Body.Span), ct);
        return await EdgeMessages.EncodeAsync(answer, ct);
    }
}
