using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>One part of an edge's answer on <c>reply/{node}</c>.</summary>
/// <param name="Edge">Who answers.</param>
/// <param name="QueryId">Of the question.</param>
/// <param name="Part">0, 1, 2 ...</param>
/// <param name="IsLast">True for the last part.</param>
/// <param name="Error">Why there is no answer; empty when there is one.</param>
/// <param name="Body">The part's bytes.</param>
public sealed record EdgeReply(
    EdgeId Edge, Guid QueryId, int Part, bool IsLast, string Error, ReadOnlyMemory<byte> Body);
