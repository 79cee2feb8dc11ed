using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>Whom a coordinator asks.</summary>
/// <param name="Catalogs">Nodes, for what they have.</param>
/// <param name="Fragments">Nodes, for rows and partial states.</param>
/// <param name="Edges">Edges, for what they have not shipped.</param>
public sealed record QueryPeers(ICatalogClient Catalogs, IFragmentClient Fragments, IEdgeClient Edges);
