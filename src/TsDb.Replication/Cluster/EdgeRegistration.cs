using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>An edge the cluster knows.</summary>
/// <param name="Edge">Its name.</param>
/// <param name="Incarnations">In order of first contact: the later is the newer.</param>
public sealed record EdgeRegistration(EdgeId Edge, ImmutableArray<Incarnation> Incarnations);
