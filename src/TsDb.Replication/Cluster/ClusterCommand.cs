using System.Collections.Immutable;
using System.Text.Json.Serialization;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>
/// One change of the cluster's configuration, as the log holds it. The kinds are a closed set: a node that
/// meets a kind it does not know must stop applying, else it would differ from the others.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Found), "found")]
[JsonDerivedType(typeof(Admit), "admit")]
[JsonDerivedType(typeof(Remove), "remove")]
[JsonDerivedType(typeof(RegisterEdge), "register-edge")]
[JsonDerivedType(typeof(SetDatabase), "set-database")]
[JsonDerivedType(typeof(CreateDatabase), "create-database")]
[JsonDerivedType(typeof(SetRetention), "set-retention")]
[JsonDerivedType(typeof(ForgetDatabase), "forget-database")]
[JsonDerivedType(typeof(AdvanceClock), "advance-clock")]
[JsonDerivedType(typeof(Erase), "erase")]
[JsonDerivedType(typeof(LiftErasure), "lift-erasure")]
[JsonDerivedType(typeof(MakeErasureFinal), "make-erasure-final")]
[JsonDerivedType(typeof(Leave), "leave")]
[JsonDerivedType(typeof(Replace), "replace")]
[JsonDerivedType(typeof(SetReplication), "set-replication")]
[JsonDerivedType(typeof(SetReplaceAfter), "set-replace-after")]
[JsonDerivedType(typeof(GiveUp), "give-up")]
[JsonDerivedType(typeof(Arrive), "arrive")]
[JsonDerivedType(typeof(EndMoves), "end-moves")]
public abstract record ClusterCommand
{
    private ClusterCommand()
    {
    }

    /// <summary>Begins the cluster. Only the first one counts.</summary>
    public sealed record Found(ClusterConfiguration Configuration) : ClusterCommand;

    /// <summary>
    /// Makes a node a member, replaces the member of the same name that had another data directory, or takes
    /// over new addresses of a member.
    /// </summary>
    public sealed record Admit(Member Member) : ClusterCommand
    {
        /// <summary>False in logs of version 1: shards had other owners at once then.</summary>
        public bool MovesShards { get; init; } = true;
    }

    /// <summary>Ends the membership of a data directory.</summary>
    public sealed record Remove(Guid DirectoryId) : ClusterCommand
    {
        /// <summary>False in logs of version 1: shards had other owners at once then.</summary>
        public bool MovesShards { get; init; } = true;
    }

    /// <summary>Makes an edge's incarnation known; a later one is newer.</summary>
    public sealed record RegisterEdge(EdgeId Edge, Incarnation Incarnation) : ClusterCommand;

    /// <summary>Sets a database's retention and raises its horizon; a lower horizon is ignored.</summary>
    public sealed record SetDatabase(DatabaseSettings Settings) : ClusterCommand;

    /// <summary>Makes a database known; nothing happens if it is.</summary>
    public sealed record CreateDatabase(string Name) : ClusterCommand;

    /// <summary>
    /// Sets how long points of a database, or of one of its tables, are kept; null for ever. Makes the
    /// database known.
    /// </summary>
    /// <param name="Database">The database.</param>
    /// <param name="Table">The table; null for the database's own rule.</param>
    /// <param name="Retention">How long; null for ever.</param>
    /// <param name="NowNanoseconds">The present by the median of the members' clocks.</param>
    public sealed record SetRetention(
        string Database, string? Table, TimeSpan? Retention, long NowNanoseconds) : ClusterCommand;

    /// <summary>Forgets the settings of a database; its points are another matter.</summary>
    public sealed record ForgetDatabase(string Name) : ClusterCommand;

    /// <summary>
    /// Moves the cluster's clock for retention, and with it the horizons; by a limited step, so that wrong
    /// clocks take a while to do harm.
    /// </summary>
    public sealed record AdvanceClock(long NowNanoseconds) : ClusterCommand;

    /// <summary>Masks points of a table, those to come as well, until that is lifted.</summary>
    /// <param name="Database">The database.</param>
    /// <param name="Table">The table.</param>
    /// <param name="Where">All must hold; none means every point of the table.</param>
    /// <param name="BeforeNanoseconds">The first time that is not masked.</param>
    public sealed record Erase(
        string Database, string Table, ImmutableArray<TagCondition> Where, long BeforeNanoseconds)
        : ClusterCommand;

    /// <summary>Lifts a tombstone that is not final.</summary>
    public sealed record LiftErasure(long Number) : ClusterCommand;

    /// <summary>Makes a tombstone final: it cannot be lifted any more, and what it masks is removed from
    /// disk.</summary>
    public sealed record MakeErasureFinal(long Number) : ClusterCommand;

    /// <summary>Begins the orderly leave of a member: its shards move away first, then it is
    /// removed.</summary>
    public sealed record Leave(Guid DirectoryId) : ClusterCommand;

    /// <summary>
    /// A member takes the place of another, so that exactly the other's shards move to it; the other leaves,
    /// or is removed at once if it is dead.
    /// </summary>
    public sealed record Replace(Guid OldDirectoryId, Guid NewDirectoryId, bool IsDead) : ClusterCommand;

    /// <summary>Sets how many replicas there are, and how many make a leaf durable (0: the
    /// majority).</summary>
    public sealed record SetReplication(int ReplicationFactor, int WriteQuorumAsked) : ClusterCommand;

    /// <summary>
    /// Sets how long a member may be silent before it is given up; null: for ever. Of version 5.
    /// </summary>
    public sealed record SetReplaceAfter(TimeSpan? After) : ClusterCommand;

    /// <summary>
    /// Ends the membership of a silent data directory by the cluster's rule, if the epoch is still the one in
    /// which that was decided. Of version 5.
    /// </summary>
    public sealed record GiveUp(Guid DirectoryId, Epoch DecidedIn) : ClusterCommand;

    /// <summary>A new owner has all that the owners before it have of these shards.</summary>
    public sealed record Arrive(
        NodeId Node, Guid DirectoryId, ImmutableArray<ShardArrival> Shards) : ClusterCommand;

    /// <summary>
    /// Ends moves that were handed over a while ago; members that leave and have nothing any more go.
    /// </summary>
    public sealed record EndMoves(ImmutableArray<ShardArrival> Shards) : ClusterCommand;
}
