using System.Collections.Immutable;

namespace TsDb.Query.Planning;

/// <summary>
/// A statement taken apart: fragments for where the data is, and the statement over their rows for the node
/// that was
/// asked. If no node has anything to run a fragment on, it is run once over no rows.
/// </summary>
/// <param name="Fragments">One for aggregates, one for each use of a table otherwise, none without
/// tables.</param>
/// <param name="FinalSql">What makes the answer of the fragments' rows.</param>
/// <param name="MovesRows">True if points travel (gathering), false if partial states do.</param>
public sealed record DistributedPlan(ImmutableArray<PlannedFragment> Fragments, string FinalSql,
    bool MovesRows);
