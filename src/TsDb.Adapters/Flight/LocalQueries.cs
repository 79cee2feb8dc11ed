using TsDb.Query.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>This node's own end of distributed queries: what it answers, whoever asks.</summary>
/// <param name="Catalog">Answers about this node's catalog.</param>
/// <param name="Fragments">Runs fragments here.</param>
public sealed record LocalQueries(ICatalogClient Catalog, IFragmentClient Fragments);
