using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace TsDb.Adapters.Raft;

/// <summary>A connection behind its preface, in the form the consensus engine takes.</summary>
internal sealed class RaftConnection : ConnectionContext
{
    private readonly Stream _stream;
    private readonly CancellationTokenSource _closed = new();
    private int _isClosed;

    public RaftConnection(Stream stream, EndPoint? remote)
    {
        _stream = stream;
        RemoteEndPoint = remote;
        ConnectionClosed = _closed.Token;
        Transport = new Duplex(
            PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true)),
            PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)));
    }

    public override string ConnectionId { get; set; } = "";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    public override void Abort(ConnectionAbortedException abortReason) => Close();

    public override void Abort() => Close();

    public override ValueTask DisposeAsync()
    {
        Close();
        return base.DisposeAsync();
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0) return;
        _closed.Cancel();
        _stream.Dispose();
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
