using System.Threading.Channels;
using TsDb.Adapters.Flight;
using TsDb.Model;

namespace TsDb.Tests.Adapters.Peers;

/// <summary>Keeps who was heard until somebody asks.</summary>
internal sealed class HeartbeatSink : IHeartbeatSink
{
    private const int HeardMax = 4;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly Channel<NodeId> _heard = Channel.CreateBounded<NodeId>(
        new BoundedChannelOptions(HeardMax) { FullMode = BoundedChannelFullMode.DropWrite });

    public TimeProvider Clock => TimeProvider.System;

    /// <summary>A defect that was told.</summary>
    public Exception? Failure { get; private set; }

    public void Heard(NodeId node, Guid directoryId, DateTimeOffset? itsClock, uint version) =>
        _heard.Writer.TryWrite(node);

    public void Failed(NodeId node, Exception error) => Failure = error;

    public bool WasHeard(NodeId node, TimeSpan within) => false;

    /// <summary>The next node that is heard.</summary>
    public async Task<NodeId> NextAsync(CancellationToken ct) =>
        await _heard.Reader.ReadAsync(ct).AsTask().WaitAsync(Soon, TimeProvider.System, ct);

    /// <summary>Forgets who was heard so far.</summary>
    public void Forget()
    {
        while (_heard.Reader.TryRead(out _))
        {
        }
    }
}
