using System.Collections.Immutable;

namespace TsDb.Adapters.Http.Erasure;

/// <summary>Who has applied which change of erasures.</summary>
/// <param name="Nodes">Cloud nodes.</param>
/// <param name="Edges">Every edge that ever said hello to the cluster.</param>
public sealed record ErasureReceipt(ImmutableArray<ErasureParty> Nodes, ImmutableArray<ErasureParty> Edges);
