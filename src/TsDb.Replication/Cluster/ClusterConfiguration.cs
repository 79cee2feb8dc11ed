using System.Collections.Immutable;
using System.Text.Json.Serialization;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>What the Raft log holds, applied up to one entry: configuration only, never data.
/// Immutable.</summary>
public sealed record ClusterConfiguration
{
    /// <summary>The founded cluster.</summary>
    public required ClusterId Id { get; init; }

    /// <summary>Rises with every change of members, replication factor, write quorum or shard
    /// count.</summary>
    public required Epoch Epoch { get; init; }

    /// <summary>All members, by id.</summary>
    public required ImmutableArray<Member> Members { get; init; }

    /// <summary>Number of shards; fixed at founding.</summary>
    public required int ShardCount { get; init; }

    /// <summary>Replicas wanted of each shard.</summary>
    public required int ReplicationFactor { get; init; }

    /// <summary>The write quorum asked for; 0 means the majority of the replicas.</summary>
    public required int WriteQuorumAsked { get; init; }

    /// <summary>Edges by id.</summary>
    public required ImmutableSortedDictionary<EdgeId, EdgeRegistration> Edges { get; init; }

    /// <summary>Databases by name.</summary>
    public required ImmutableSortedDictionary<string, DatabaseSettings> Databases { get; init; }

    /// <summary>What is erased.</summary>
    public Erasures Erasures { get; init; } = Erasures.None;

    /// <summary>Data directories that were members once and never are again, in order of removal.</summary>
    public ImmutableArray<Guid> Removed { get; init; } = [];

    /// <summary>True of a directory that was a member and is none any more.</summary>
    public bool IsRemoved(Guid directory) =>
        Removed.Contains(directory) && Members.All(member => member.DirectoryId != directory);

    /// <summary>Shards on their way to other owners, by number.</summary>
    public ImmutableArray<ShardMove> Moves { get; init; } = [];

    /// <summary>
    /// The present as the cluster counts it for retention, in nanoseconds since 1970; 0 before anybody said.
    /// It only rises, and by little at a time.
    /// </summary>
    public long ClockNanoseconds { get; init; }

    /// <summary>Rises with every change of what edges hear besides the epoch.</summary>
    public long Revision { get; init; }

    /// <summary>
    /// How long a member may be silent before the others take over its shards by themselves; null: for as
    /// long as the operator likes. Known since version 5 (<see cref="ClusterCodec"/>).
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? ReplaceAfter { get; init; }

    /// <summary>Members that own shards: all but those that leave.</summary>
    [JsonIgnore]
    public int Placeable => Members.Count(m => !m.IsLeaving);

    /// <summary>Replicas a shard has now: never more than there are members to have them.</summary>
    [JsonIgnore]
    public int Replicas => Math.Min(ReplicationFactor, Placeable);

    /// <summary>Owners that must have a leaf on disk before it is durable.</summary>
    [JsonIgnore]
    public int WriteQuorum => WriteQuorumAsked == 0
        ? (Replicas / 2) + 1
        : Math.Clamp(WriteQuorumAsked, 1, Math.Max(1, Replicas));

    /// <summary>Owners that a quorum read must hear: any two such sets and any write quorum meet.</summary>
    [JsonIgnore]
    public int ReadQuorum => Math.Max((Replicas / 2) + 1, Replicas - WriteQuorum + 1);

    /// <summary>Days of a table that end before this are gone; long.MinValue if none are.</summary>
    public long HorizonOf(TableId table) =>
        Databases.GetValueOrDefault(table.Database)?.HorizonOf(table.Table) ?? DatabaseSettings.NoHorizon;

    /// <summary>True if retention has taken the cell.</summary>
    public bool IsExpired(Cell cell) => cell.Day.Range.EndNanoseconds <= HorizonOf(cell.Table);

    /// <summary>The shard's move; null if it is where it belongs.</summary>
    public ShardMove? MoveOf(ShardId shard) => Moves.FirstOrDefault(move => move.Shard == shard);
}
