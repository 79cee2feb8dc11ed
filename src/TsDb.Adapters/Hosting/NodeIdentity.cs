using TsDb.Model;

namespace TsDb.Adapters.Hosting;

/// <summary>Who a cloud node is: its name, and the id that was made with its data directory.</summary>
/// <param name="Id">The name.</param>
/// <param name="DirectoryId">The data directory's id; a wiped node has another.</param>
public sealed record NodeIdentity(NodeId Id, Guid DirectoryId);
