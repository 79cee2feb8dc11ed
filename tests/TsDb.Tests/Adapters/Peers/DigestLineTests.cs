using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Peers;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;
using TsDb.Tests.Adapters.Flight;

namespace TsDb.Tests.Adapters.Peers;

/// <summary>Node a compares shards with node b on a line to its real cluster port; gRPC there is none.
/// </summary>
public sealed class DigestLineTests : IAsyncDisposable
{
    private static readonly NodeId B = new("b");

    private readonly FakeCluster _a = new("a");
    private readonly FakeCluster _b = new("b");
    private readonly NodeChannels _channels = new(NullLoggerFactory.Instance);
    private readonly QuestionLines _lines;
    private LineCallee? _callee;
    private ClusterListener? _listener;

    public DigestLineTests() => _lines = new QuestionLines(
        _a, _ => NodeProtocol.Version, () => new ClusterPreface(
            ClusterPurpose.Question, FakeCluster.Id, _a.Current!.Members[0].DirectoryId, ""));

    public async ValueTask DisposeAsync()
    {
        _lines.Dispose();
        await StopAsync();
        _channels.Dispose();
    }

    [Fact]
    public async Task Digests_are_told_on_one_line_and_after_a_restart_on_another()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        GrpcPeerLink link = new(_a, _channels) { Lines = _lines };
        ImmutableArray<ShardId> shards = [new ShardId(3), new ShardId(1)];
        ShardDigest[] known = [.. shards.Select(s => new ShardDigest(s, LeafDigest.Of(FakeDesk.Leaf), true))];
        IPEndPoint bound = Start(new IPEndPoint(IPAddress.Loopback, 0));
        for (int i = 0; i < 3; i++) Assert.Equal(known, await link.ShardDigestsAsync(B, shards, ct));
        Assert.Equal(1, _callee!.Taken);
        await StopAsync();
        Start(bound);
        Assert.Equal(known, await link.ShardDigestsAsync(B, shards, ct));
    }

    private IPEndPoint Start(IPEndPoint at)
    {
        _callee = new LineCallee(new QuestionServer(
            B, new LocalQueries(null!, null!), TimeProvider.System, NullLogger.Instance)
        {
            Heartbeats = new HeartbeatDesk(
                _b, new CloudIdentity(B, new Guid(2, 0, 0, new byte[8])), new HeartbeatSink()),
            Digests = new DigestDesk(new FakeDesk(), _b),
        });
        _listener = new ClusterListener(_callee, TimeProvider.System, NullLogger.Instance);
        IPEndPoint bound = _listener.Bind(at);
        _listener.Start();
        _a.Found(bound.ToString(), FakeCluster.Id);
        _b.Found(bound.ToString(), FakeCluster.Id);
        return bound;
    }

    private async Task StopAsync()
    {
        if (_listener is not null) await _listener.DisposeAsync();
        _callee?.Server.Dispose();
        (_listener, _callee) = (null, null);
    }
}
