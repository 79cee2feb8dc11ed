using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>What an answer rests on. Every answer carries it.</summary>
public sealed record Coverage
{
    /// <summary>The consistency asked for; null on an edge, which is the only master of its points.</summary>
    public Consistency? Consistency { get; init; }

    /// <summary>Shards that the answer needed.</summary>
    public int Shards { get; init; }

    /// <summary>Cloud nodes that served rows or partial states.</summary>
    public ImmutableArray<NodeId> NodesAsked { get; init; } = [];

    /// <summary>Edges that were asked for what they have not shipped.</summary>
    public ImmutableArray<EdgeId> EdgesAsked { get; init; } = [];

    /// <summary>Those of them that did not answer in time.</summary>
    public ImmutableArray<EdgeId> EdgesSilent { get; init; } = [];

    /// <summary>What the answer lacks or may lack, one sentence each.</summary>
    public ImmutableArray<string> Missing { get; init; } = [];

    /// <summary>False if nobody asked whether the replicas that served have all.</summary>
    public bool Checked { get; init; } = true;

    /// <summary>True if every point durable before the query is in the answer, and that was
    /// checked.</summary>
    public bool Complete { get; init; } = true;

    /// <summary>
    /// The JSON of the header X-TsDb-Coverage: shards, nodes_asked, edges_asked, missing, complete, checked,
    /// consistency. ASCII only, without line breaks.
    /// </summary>
    public string ToJson()
    {
        JsonObject json = new()
        {
            ["shards"] = Shards,
            ["nodes_asked"] = new JsonArray([.. NodesAsked.Select(node => (JsonNode?)node.Value)]),
            ["edges_asked"] = new JsonArray([.. EdgesAsked.Select(edge => (JsonNode?)edge.Value)]),
            ["missing"] = new JsonArray([.. Missing.Select(what => (JsonNode?)what)]),
            ["complete"] = Complete,
            ["checked"] = Checked,
            ["consistency"] = Consistency switch
            {
                Distributed.Consistency.One => "one",
                Distributed.Consistency.Quorum => "quorum",
                Distributed.Consistency.All => "all",
                _ => "local",
            },
        };
        return json.ToJsonString();
    }
}
