using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>
/// One thing a cloud node says to an edge. A hash names exactly one leaf, because the file's footer holds
/// cell, incarnation and ordinal.
/// </summary>
public abstract record EdgeAnswer
{
    private EdgeAnswer()
    {
    }

    /// <summary>
    /// The answer to the hello of <paramref name="Instance"/> with <paramref name="Incarnation"/>.
    /// </summary>
    public sealed record Hello(
        Guid Instance, Incarnation Incarnation, HelloVerdict Verdict, string Reason) : EdgeAnswer
    {
        /// <summary>
        /// Where the edge's ledger of that incarnation parts from what the node has; null if it does not say.
        /// Comes with <see cref="HelloVerdict.TakeNewIncarnation"/>, also of an incarnation that the edge
        /// has left already.
        /// </summary>
        public Divergence? Divergence { get; init; }
    }

    /// <summary>
    /// The write quorum of the header's epoch has the leaf on disk: what the edge waits for.
    /// </summary>
    public sealed record Durable(ContentHash Hash) : EdgeAnswer;

    /// <summary>This one node has the leaf on disk.</summary>
    public sealed record Have(ContentHash Hash) : EdgeAnswer;

    /// <summary>This node lacks these bytes; no ranges: it lacks the offer.</summary>
    public sealed record Want(
        ContentHash Hash, TransferForm Form, ImmutableArray<WantRange> Ranges) : EdgeAnswer;

    /// <summary>Wait this long before offering the leaf (null: anything) again.</summary>
    public sealed record Later(TimeSpan Wait, ContentHash? Hash, string Reason) : EdgeAnswer;

    /// <summary>The leaf's day is below the horizon: it will never be taken, and needs not be.</summary>
    public sealed record Expired(ContentHash Hash) : EdgeAnswer;

    /// <summary>
    /// This leaf will never be taken. A fork means that another leaf has its ordinal: one such refusal is
    /// enough, the rows have to be cut anew.
    /// </summary>
    public sealed record Refuse(ContentHash Hash, string Reason, bool IsFork = false) : EdgeAnswer;

    /// <summary>
    /// Leaves the edge named and the cloud does not have: offer them again if they are held.
    /// </summary>
    public sealed record Missing(ImmutableArray<ContentHash> Hashes) : EdgeAnswer;

    /// <summary>The digests differ: send the leaf list.</summary>
    public sealed record LeavesWanted(Cell Cell, Incarnation Incarnation) : EdgeAnswer;
}
