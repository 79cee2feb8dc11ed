using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>What an edge says of itself on <c>hello/{edge}</c>.</summary>
/// <param name="Header">Whom it believes to talk to.</param>
/// <param name="Edge">The edge; receivers compare it with the topic.</param>
/// <param name="Instance">Random id of this start of the program: tells two live ones under one name
/// apart.</param>
/// <param name="Body">What it says.</param>
public sealed record EdgeControl(MessageHeader Header, EdgeId Edge, Guid Instance, EdgeControl.Saying Body)
{
    /// <summary>One of the nested records.</summary>
    public abstract record Saying;

    /// <summary>
    /// Said on every connect and repeated until it is answered; before the answer the edge offers nothing.
    /// </summary>
    public sealed record Hello(Incarnation Incarnation, string ProgramVersion) : Saying;

    /// <summary>What the ledger holds, per (cell, incarnation); one page of several.</summary>
    public sealed record Reconcile(ImmutableArray<CellDigest> Cells) : Saying;

    /// <summary>
    /// Every leaf of one (cell, incarnation) that was ever cut; one page of several, ordinals rising.
    /// </summary>
    public sealed record LeafList(
        Cell Cell, Incarnation Incarnation, ImmutableArray<LeafEntry> Leaves, bool IsLast) : Saying;

    /// <summary>How far the cloud is behind this edge, by the edge's own word.</summary>
    public sealed record Lag : Saying
    {
        /// <summary>The earliest time that is not durable in the cloud; null if nothing waits.</summary>
        public long? OldestNanoseconds { get; init; }

        /// <summary>Segments that wait.</summary>
        public long Segments { get; init; }

        /// <summary>Their bytes.</summary>
        public long BytesLength { get; init; }

        /// <summary>Bytes a second that became durable lately.</summary>
        public long BytesPerSecond { get; init; }

        /// <summary>When all of it would be durable at that rate; null if nothing moves.</summary>
        public TimeSpan? Eta { get; init; }

        /// <summary>True while the operator has paused shipping.</summary>
        public bool IsPaused { get; init; }

        /// <summary>Shipments that were set aside.</summary>
        public int Quarantined { get; init; }

        /// <summary>The last change of tombstones that the edge has heard and kept.</summary>
        public long Erasures { get; init; }

        /// <summary>Files that may have rows of final tombstones yet; null if it does not say.</summary>
        public long? FilesToPurge { get; init; }

        /// <summary>Revision of the latest description of the cluster that it has heard; 0 if it does not
        /// say.</summary>
        public long Revision { get; init; }

        /// <summary>What went wrong last; empty if nothing did.</summary>
        public string LastError { get; init; } = "";
    }

    /// <summary>
    /// A hello of a program that speaks a newer protocol than this one: all that is read of it. Never sent.
    /// </summary>
    public sealed record NewerHello(Incarnation Incarnation, long ProtocolVersion) : Saying;

    /// <summary>Databases that were made at the edge and that the cluster has not named yet.</summary>
    public sealed record CreateDatabases(ImmutableArray<string> Names) : Saying;

    /// <summary>Asked before shipped files are deleted: each is answered by durable or missing.</summary>
    public sealed record Confirm(ImmutableArray<Leaf> Leaves) : Saying;

    /// <summary>
    /// Leaves that stand for nothing any more: their rows were cut anew, and the cloud has said that those
    /// cuts are durable. Said when that is so, and again when the cloud misses one of them.
    /// </summary>
    public sealed record Superseded(ImmutableArray<Leaf> Leaves) : Saying;
}
