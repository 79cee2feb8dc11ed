using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Direct;
using TsDb.Adapters.Disk;
using TsDb.Adapters.DuckDb;
using TsDb.Columnar.Vectors;
using TsDb.Model;
using TsDb.Replication.Serving;
using TsDb.Storage;
using TsDb.Storage.Ingest;

namespace TsDb.Conformance.Fleets;

/// <summary>
/// Edges with real stores whose points no cloud node has seen: some sealed, some in the buffer. They answer
/// a fleet's fresh questions.
/// </summary>
internal sealed class EdgeFleet : IAsyncDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("tsdb-edges-");
    private readonly SortedDictionary<string, (DataDirectory Disk, EdgeStore Store)> _edges =
        new(StringComparer.Ordinal);

    private readonly DuckDbParser _parser = new();
    private readonly DuckDbEngine _engine;
    private readonly DirectEngine _direct;

    public EdgeFleet()
    {
        _engine = new DuckDbEngine(
            new DuckDbOptions { Directories = [_root.FullName + "/"] }, _parser, TimeProvider.System);
        _direct = new DirectEngine(_engine, new SegmentCache(1 << 20, SegmentRows.Open));
    }

    /// <summary>Brings lines to an edge, in order; then seals all it has, if wanted.</summary>
    public async Task WriteAsync(string edge, string lines, bool seals)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        if (!_edges.TryGetValue(edge, out (DataDirectory Disk, EdgeStore Store) one))
        {
            DataDirectory disk = DataDirectory.Open(Path.Combine(_root.FullName, edge));
            StoreEnvironment environment = new(
                TimeProvider.System, () => new Guid(_edges.Count + 1, 0, 0, new byte[8]),
                NullLoggerFactory.Instance);
            EdgeStoreOptions options = new() { Id = new EdgeId(edge), SealAge = TimeSpan.FromHours(1) };
            _edges[edge] = one = (disk, EdgeStore.Open(disk, options, environment));
        }

        IngestPipeline ingest = new(
            one.Store, new IngestSetup(new IngestLimits(), new NodeTime(TimeProvider.System), HashSeed: 1));
        IngestRules rules = new() { Database = "db", Dialect = IngestDialect.V3 };
        await ingest.WriteLinesAsync(Encoding.UTF8.GetBytes(lines), rules, ct);
        if (seals) await one.Store.FlushAsync(ct);
    }

    /// <summary>Makes erasures known to an edge.</summary>
    public void Erase(string edge, Erasures erasures) => _edges[edge].Store.Tombstones.Take(erasures);

    /// <summary>Lets the fleet ask these edges.</summary>
    public void Answer(Fleet fleet)
    {
        foreach ((string edge, (_, EdgeStore store)) in _edges)
            fleet.Edges[new EdgeId(edge)] = new EdgeDesk(store, _direct, TimeProvider.System);
        fleet.Current = fleet.Current! with { Edges = [.. _edges.Keys.Select(edge => new EdgeId(edge))] };
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((DataDirectory disk, EdgeStore store) in _edges.Values)
        {
            await store.DisposeAsync();
            disk.Dispose();
        }

        _engine.Dispose();
        _parser.Dispose();
        _root.Delete(recursive: true);
    }
}
