using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>
/// Who owns a shard: weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after Schindelhauer
/// and
/// Schomaker 2005) over the configured members, so that a reboot moves nothing and a new member takes only
/// its share.
/// </summary>
public static class Placement
{
    /// <summary>Who has to do with a shard, its move included.</summary>
    public static ShardOwners Of(ClusterConfiguration cluster, ShardId shard) => new(
        Owners(cluster, shard), cluster.WriteQuorum, cluster.ReadQuorum, cluster.MoveOf(shard));

    /// <summary>Who has to do with each shard; the index is its number.</summary>
    public static ImmutableArray<ShardOwners> All(ClusterConfiguration cluster) =>
        [.. Enumerable.Range(0, cluster.ShardCount).Select(number => Of(cluster, new ShardId(number)))];

    /// <summary>
    /// The owners of a shard, best first, as many as there are replicas; zones are spread first: a second
    /// replica in a
    /// zone is taken only when every zone has one.
    /// </summary>
    public static ImmutableArray<NodeId> Owners(ClusterConfiguration cluster, ShardId shard)
    {
        Member[] ranked =
        [
            .. cluster.Members.Where(m => !m.IsLeaving)
                .OrderByDescending(m => Score(m, shard)).ThenBy(m => m.Id),
        ];
        ImmutableArray<NodeId>.Builder owners = ImmutableArray.CreateBuilder<NodeId>(cluster.Replicas);
        Dictionary<string, int> used = new(StringComparer.Ordinal);
        for (int round = 0; owners.Count < cluster.Replicas; round++)
        {
            foreach (Member member in ranked)
            {
                if (owners.Count == cluster.Replicas) break;
                string zone = member.Zone.Length == 0 ? $"\0{member.Id}" : member.Zone;
                if (owners.Contains(member.Id) || used.GetValueOrDefault(zone) > round) continue;
                used[zone] = used.GetValueOrDefault(zone) + 1;
                owners.Add(member.Id);
            }
        }

        return owners.MoveToImmutable();
    }

    private static double Score(Member member, ShardId shard)
    {
        XxHash64 hash = new();
        hash.Append(Encoding.UTF8.GetBytes(member.Seat.Length == 0 ? member.Id.Value : member.Seat));
        hash.Append([0]);
        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(number, shard.Value);
        hash.Append(number);

        // The top 53 bits, moved by one half, are an exact double strictly between 0 and 1.
        double unit = ((hash.GetCurrentHashAsUInt64() >> 11) + 0.5) * (1.0 / (1L << 53));
        return -member.Weight / Math.Log(unit);
    }
}
