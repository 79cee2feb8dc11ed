using System.Globalization;
using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>Topic names of one cluster, under <c>tsdb/v1/{cluster-name}</c>.</summary>
public sealed class ShipmentTopics
{
    private readonly string _prefix;

    /// <summary>
    /// Topics of a cluster; throws <see cref="ErrorKind.Invalid"/> if the name is not [A-Za-z0-9_.-]{1,64}.
    /// </summary>
    public ShipmentTopics(string clusterName)
    {
        if (!NodeId.IsValid(clusterName))
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"cluster name '{clusterName}' is not allowed: use 1 to 64 of A-Z a-z 0-9 _ . -");
        }

        Root = "tsdb/v1/" + clusterName;
        _prefix = Root + "/";
    }

    /// <summary><c>tsdb/v1/{cluster-name}</c>, without a slash at the end.</summary>
    public string Root { get; }

    /// <summary>Retained: what the cluster is.</summary>
    public string Cluster => _prefix + "cluster";

    /// <summary>Filter for every edge's hello.</summary>
    public string HelloAll => _prefix + "hello/+";

    /// <summary>Filter for every edge's presence.</summary>
    public string PresenceAll => _prefix + "presence/+";

    /// <summary>Where an edge says hello.</summary>
    public string Hello(EdgeId edge) => _prefix + "hello/" + edge;

    /// <summary>Where an edge offers shipments of a shard.</summary>
    public string Offer(ShardId shard, EdgeId edge) => Sharded("offer", shard, edge.Value);

    /// <summary>Filter for every edge's offers of a shard.</summary>
    public string OfferAll(ShardId shard) => Sharded("offer", shard, "+");

    /// <summary>Where an edge sends chunks of a shard.</summary>
    public string Chunk(ShardId shard, EdgeId edge) => Sharded("chunk", shard, edge.Value);

    /// <summary>Filter for every edge's chunks of a shard.</summary>
    public string ChunkAll(ShardId shard) => Sharded("chunk", shard, "+");

    /// <summary>Where an edge hears answers.</summary>
    public string Ack(EdgeId edge) => _prefix + "ack/" + edge;

    /// <summary>Where an edge hears queries.</summary>
    public string Query(EdgeId edge) => _prefix + "query/" + edge;

    /// <summary>Where a cloud node hears replies of edges.</summary>
    public string Reply(NodeId node) => _prefix + "reply/" + node;

    /// <summary>Retained, and the last will: whether an edge is connected.</summary>
    public string Presence(EdgeId edge) => _prefix + "presence/" + edge;

    /// <summary>Takes a topic apart; false if it is none of this cluster's.</summary>
    public bool TryParse(string? topic, out ShipmentTopic parsed)
    {
        parsed = default;
        if (topic is null || !topic.StartsWith(_prefix, StringComparison.Ordinal)) return false;
        string[] parts = topic[_prefix.Length..].Split('/');
        switch (parts)
        {
            case ["cluster"]:
                parsed = new(ShipmentTopicKind.Cluster, default, default, default);
                return true;
            case ["reply", string node] when NodeId.IsValid(node):
                parsed = new(ShipmentTopicKind.Reply, default, default, new NodeId(node));
                return true;
            case [string name, string edge] when OfEdge(name) is { } kind && EdgeId.IsValid(edge):
                parsed = new(kind, default, new EdgeId(edge), default);
                return true;
            case ["offer" or "chunk", string shard, string edge] when EdgeId.IsValid(edge)
                && int.TryParse(shard, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                && number < ShipmentLimits.ShardsMax:
                ShipmentTopicKind sharded =
                    parts[0] == "offer" ? ShipmentTopicKind.Offer : ShipmentTopicKind.Chunk;
                parsed = new(sharded, new ShardId(number), new EdgeId(edge), default);
                return true;
            default:
                return false;
        }
    }

    private static ShipmentTopicKind? OfEdge(string name) => name switch
    {
        "hello" => ShipmentTopicKind.Hello,
        "ack" => ShipmentTopicKind.Ack,
        "query" => ShipmentTopicKind.Query,
        "presence" => ShipmentTopicKind.Presence,
        _ => null,
    };

    private string Sharded(string name, ShardId shard, string edge) =>
        string.Create(CultureInfo.InvariantCulture, $"{_prefix}{name}/{shard.Value}/{edge}");
}
