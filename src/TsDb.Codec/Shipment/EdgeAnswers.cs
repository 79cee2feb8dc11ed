using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>What a cloud node says on <c>ack/{edge}</c>.</summary>
/// <param name="Header">The cluster and epoch it speaks for.</param>
/// <param name="Node">Who speaks.</param>
/// <param name="Answers">At least one.</param>
public sealed record EdgeAnswers(MessageHeader Header, NodeId Node, ImmutableArray<EdgeAnswer> Answers);
