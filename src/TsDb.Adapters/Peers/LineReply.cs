using TsDb.Adapters.Flight.Protos;

namespace TsDb.Adapters.Peers;

/// <summary>What a node answered to a question for its catalog.</summary>
/// <param name="Reply">The answer.</param>
/// <param name="Rows">The rows of the question's fragment, if the answer says that they follow: to be read or
/// disposed of. Else null.</param>
internal sealed record LineReply(CatalogReply Reply, LineRows? Rows);
