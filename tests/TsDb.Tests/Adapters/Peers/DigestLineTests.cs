using System.Collections.Immutable;
using System.Net;
using TsDb.Adapters.Flight;
using TsDb.Model;
using TsDb.Replication.Repair;
using TsDb.Tests.Adapters.Flight;

namespace TsDb.Tests.Adapters.Peers;

/// <summary>Node a compares shards with node b on a line to its real cluster port; gRPC there is none.
/// </summary>
public sealed class DigestLineTests : IAsyncDisposable
{
    private readonly LinePair _pair = new();

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    [Fact]
    public async Task Digests_are_told_on_one_line_and_after_a_restart_on_another()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        GrpcPeerLink link = new(_pair.A, _pair.Channels) { Lines = _pair.Lines };
        ImmutableArray<ShardId> shards = [new ShardId(3), new ShardId(1)];
        ShardDigest[] known = [.. shards.Select(s => new ShardDigest(s, LeafDigest.Of(FakeDesk.Leaf), true))];
        IPEndPoint bound = _pair.Start();
        for (int i = 0; i < 3; i++)
            Assert.Equal(known, await link.ShardDigestsAsync(LinePair.Callee, shards, ct));

        Assert.Equal(1, _pair.Taken);
        await _pair.StopAsync();
        _pair.Start(bound);
        Assert.Equal(known, await link.ShardDigestsAsync(LinePair.Callee, shards, ct));
    }
}
