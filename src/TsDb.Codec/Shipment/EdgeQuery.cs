using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>A question to an edge on <c>query/{edge}</c>.</summary>
/// <param name="Header">The cluster and epoch of the asker.</param>
/// <param name="Node">Where the reply goes.</param>
/// <param name="QueryId">Chosen by the asker.</param>
/// <param name="Deadline">How long an answer is of use.</param>
/// <param name="Kind">How to read the body; 0 cancels the query.</param>
/// <param name="Body">The question.</param>
public sealed record EdgeQuery(
    MessageHeader Header, NodeId Node, Guid QueryId, TimeSpan Deadline, int Kind, ReadOnlyMemory<byte> Body);
