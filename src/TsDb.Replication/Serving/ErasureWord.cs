using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Serving;

/// <summary>What a cloud node says of erasures.</summary>
/// <param name="Number">The last change that it has applied.</param>
/// <param name="Edges">By edge the last change that it has on disk, by its own word; those heard of since
/// the node's start.</param>
public sealed record ErasureWord(long Number, ImmutableSortedDictionary<EdgeId, long> Edges);
