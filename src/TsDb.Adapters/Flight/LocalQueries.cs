using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>This node's own end of distributed queries: what it answers, whoever asks.</summary>
/// <param name="Catalog">Answers about this node's catalog.</param>
/// <param name="Fragments">Runs fragments here.</param>
public sealed record LocalQueries(ICatalogClient Catalog, IFragmentClient Fragments)
{
    /// <summary>The two desks over a node's replicas as its own clients.</summary>
    public static LocalQueries Of(IReplicaSource replicas, ISqlEngine engine, HeldMoments held)
    {
        FragmentDesk fragments = new(replicas, engine) { Held = held };
        return new LocalQueries(
            new Catalogs(new CatalogDesk(replicas) { Held = held }, fragments), new FragmentRuns(fragments));
    }

    private sealed class Catalogs(CatalogDesk desk, FragmentDesk fragments) : ICatalogClient
    {
        public async Task<CatalogAnswer> AskAsync(
            NodeId node, CatalogQuestion question, CancellationToken ct)
        {
            CatalogAnswer answer = desk.Answer(question);
            return question.Fragment is { } fragment
                ? answer with { Early = await fragments.TryQuickAsync(fragment, ct) }
                : answer;
        }

        public Task<ImmutableArray<Leaf>> LeavesAsync(
            NodeId node, ImmutableArray<Cell> cells, CancellationToken ct) =>
                Task.FromResult(desk.Leaves(cells));

        public Task<CatalogVersion> FetchAsync(
            NodeId node, ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct) =>
            desk.FetchAsync(leaves, source, ct);
    }

    private sealed class FragmentRuns(FragmentDesk desk) : IFragmentClient
    {
        public Task<ISqlResult> RunAsync(NodeId node, FragmentRequest request, CancellationToken ct) =>
            desk.RunAsync(request, ct);
    }
}
