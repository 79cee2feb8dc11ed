using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Repair;

/// <summary>The answer to a <see cref="StoredNotice"/>.</summary>
/// <param name="Epoch">The epoch of the node that answers.</param>
/// <param name="Has">For each leaf of the notice, in its order, whether it is on this node's disk
/// too.</param>
public sealed record StoredReply(Epoch Epoch, ImmutableArray<HeldState> Has);
