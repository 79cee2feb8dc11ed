using System.Net;
using Apache.Arrow;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Peers;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Query.Ports;
using TsDb.Replication.Receiving;
using TsDb.Tests.Adapters.Flight;

namespace TsDb.Tests.Adapters.Peers;

/// <summary>Node a, which asks on lines, and node b, which answers on them at a real cluster port while it
/// runs; gRPC there is none.</summary>
internal sealed class LinePair : IAsyncDisposable
{
    public static readonly NodeId Callee = new("b");

    private static readonly Guid DirectoryOfB = new(2, 0, 0, new byte[8]);

    private readonly FakeCluster _b = new("b");
    private LineCallee? _callee;
    private ClusterListener? _listener;

    public LinePair()
    {
        Lines = new QuestionLines(
            A, _ => NodeProtocol.Version, () => new ClusterPreface(
                ClusterPurpose.Question, FakeCluster.Id, A.Current!.Members[0].DirectoryId, ""));
        LocalQueries unused = new(Queries, Queries);
        Catalogs = new GrpcCatalogClient(A, Channels, Lines, unused);
        Fragments = new FlightFragmentClient(A, Channels, Lines, unused);
    }

    public FakeCluster A { get; } = new("a");

    public NodeChannels Channels { get; } = new(NullLoggerFactory.Instance);

    public QuestionLines Lines { get; }

    public GrpcCatalogClient Catalogs { get; }

    public FlightFragmentClient Fragments { get; }

    /// <summary>What b answers.</summary>
    public LineQueries Queries { get; } = new();

    public HeartbeatSink HeardByB { get; } = new();

    /// <summary>Lines that b has taken since it runs.</summary>
    public int Taken => _callee!.Taken;

    /// <summary>Starts b.</summary>
    public IPEndPoint Start(IPEndPoint? at = null)
    {
        _callee = new LineCallee(new QuestionServer(
            Callee, new LocalQueries(Queries, Queries), TimeProvider.System, NullLogger.Instance)
        {
            Heartbeats = new HeartbeatDesk(_b, new CloudIdentity(Callee, DirectoryOfB), HeardByB),
            Digests = new DigestDesk(new FakeDesk(), _b),
        });
        _listener = new ClusterListener(_callee, TimeProvider.System, NullLogger.Instance);
        IPEndPoint bound = _listener.Bind(at ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Start();
        A.Found(bound.ToString(), FakeCluster.Id);
        _b.Found(bound.ToString(), FakeCluster.Id);
        return bound;
    }

    /// <summary>Stops b.</summary>
    public async Task StopAsync()
    {
        if (_listener is not null) await _listener.DisposeAsync();
        _callee?.Server.Dispose();
        (_listener, _callee) = (null, null);
    }

    public async ValueTask DisposeAsync()
    {
        Lines.Dispose();
        await StopAsync();
        Channels.Dispose();
    }

    /// <summary>How many rows come, which are b's numbers from 0 on.</summary>
    public static async Task<long> CountAsync(Func<Task<ISqlResult>> open, CancellationToken ct)
    {
        await using ISqlResult result = await open();
        Assert.Equal("x", result.Schema.FieldsList.Single().Name);
        long count = 0;
        await foreach (RecordBatch batch in result.ReadAsync(ct))
        {
            using (batch)
            {
                for (int i = 0; i < batch.Length; i++)
                    Assert.Equal(count++, ((Int64Array)batch.Column(0)).GetValue(i));
            }
        }

        return count;
    }
}
