using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Serving;

/// <summary>What a cloud node says of erasures.</summary>
/// <param name="Number">The last change that it has applied.</param>
/// <param name="FilesLeft">Files on its disk that may have rows of final tombstones yet.</param>
/// <param name="Edges">What edges have said since the node's start.</param>
public sealed record ErasureWord(
    long Number, long FilesLeft, ImmutableSortedDictionary<EdgeId, EdgeErasureWord> Edges);
