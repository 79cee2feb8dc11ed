using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Grpc.Core;
using TsDb.Query.Direct;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>Rows that another node streams to us.</summary>
internal sealed class FlightResult : ISqlResult
{
    private readonly IDisposable _call;
    private readonly ArrowStreamReader _reader;
    private readonly string _peer;
    private readonly bool _hasTextRuns;
    private readonly bool _takesRuns;

    private FlightResult(
        IDisposable call, ArrowStreamReader reader, Schema schema, string peer, bool takesRuns)
    {
        _call = call;
        _reader = reader;
        _peer = peer;
        _hasTextRuns = TextRuns.AreIn(schema);
        _takesRuns = takesRuns;
        Schema = _hasTextRuns && !takesRuns ? TextRuns.Expand(schema) : schema;
    }

    /// <inheritdoc/>
    public Schema Schema { get; }

    /// <summary>
    /// Waits for the columns. Throws what the other node answered, or that it cannot be reached.
    /// </summary>
    /// <param name="pieces">The messages.</param>
    /// <param name="call">What they come by; the result ends it.</param>
    /// <param name="peer">Where they come from.</param>
    /// <param name="takesRuns">True if texts may stay <see cref="TextRuns"/>.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<FlightResult> OpenAsync(
        IAsyncStreamReader<FlightPiece> pieces,
        IDisposable call,
        string peer,
        bool takesRuns,
        CancellationToken ct)
    {
        try
        {
            ArrowStreamReader reader =
                new(new FlightDataStream(pieces), RentedMemory.Shared, leaveOpen: false);
            return new FlightResult(call, reader, await reader.GetSchema(ct), peer, takesRuns);
        }
        catch (RpcException e) when (!ct.IsCancellationRequested)
        {
            call.Dispose();
            throw RpcErrors.FromRpc(e, peer);
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        while (await NextAsync(ct) is { } batch)
        {
            if (_hasTextRuns && _takesRuns) TextRuns.Require(batch);
            yield return _hasTextRuns && !_takesRuns ? TextRuns.Expand(batch, Schema) : batch;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _call.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<RecordBatch?> NextAsync(CancellationToken ct)
    {
        try
        {
            return await _reader.ReadNextRecordBatchAsync(ct);
        }
        catch (RpcException e) when (!ct.IsCancellationRequested)
        {
            throw RpcErrors.FromRpc(e, _peer);
        }
    }
}
