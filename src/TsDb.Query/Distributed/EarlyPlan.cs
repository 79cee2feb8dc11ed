using TsDb.Model;
using TsDb.Query.Analysis;
using TsDb.Query.Direct;

namespace TsDb.Query.Distributed;

/// <summary>
/// What a direct statement will ask of each node if no catalog has changed since it was last heard of. It is
/// sent together with the question for the catalogs, so that one round does for both. Nothing rests on it:
/// the query is planned on what the nodes then say, and an answer to anything else than that plan asks for is
/// not used.
/// </summary>
/// <param name="Table">The table as it was last known.</param>
/// <param name="Split">The statement over it.</param>
/// <param name="Holdings">Who had what of it.</param>
/// <param name="Requests">What each node that would serve is asked.</param>
internal sealed record EarlyPlan(
    ResolvedTable Table,
    DirectSplit Split,
    CellHoldings Holdings,
    IReadOnlyDictionary<NodeId, FragmentRequest> Requests)
{
    /// <summary>The plan; null if too little is known, or if nodes have different states of a cell.</summary>
    public static EarlyPlan? TryMake(
        ClusterView view,
        CatalogCache cache,
        QueryRequest request,
        DirectStatement statement,
        Func<NodeId, bool> isLive)
    {
        TableName name = statement.Table;
        IReadOnlyList<HeardNode> last = cache.Last(name.Database ?? request.Database, name.Table, isLive);
        if (last.Count == 0) return null;
        TableFinder finder = new(view, last, cache);
        ResolvedTable table = finder.Find(name, request, []);
        if (DirectSplit.TryPlan(statement, table, request.TextRuns) is not { } split) return null;
        CellHoldings holdings = new(view, table.Table, split.Fragment.Scope, last);
        if (holdings.Disputed().Any()) return null;
        return new EarlyPlan(table, split, holdings, holdings.Assign(isLive).Servings
            .Where(serving => serving.IsAny)
            .ToDictionary(serving => serving.Node, serving =>
                holdings.RequestTo(serving, split.Fragment, request.Limits) with
                {
                    Erasures = view.Erasures,
                }));
    }
}
