using System.IO.Hashing;
using System.Text;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Judges hellos: who may ship under an edge's name. Every node judges; the answer is spoken by one of them,
/// and by all when the edge has to repeat itself.
/// </summary>
internal sealed class EdgeGreeter(ReceiverOptions options, Func<NodeId, bool> isLive)
{
    private static readonly TimeSpan RepeatedWithin = TimeSpan.FromMinutes(2);

    private readonly SortedDictionary<EdgeId, EdgeState> _edges = [];

    /// <summary>What is known of edges that were heard of since the start, by id.</summary>
    public IEnumerable<EdgeSeen> Seen => _edges.Select(entry => new EdgeSeen(
        entry.Key, entry.Value.HeardAt, entry.Value.Presences.Values.Any(presence => presence.IsOnline))
    {
        Lag = entry.Value.Lag,
        LagAt = entry.Value.LagAt,
    });

    /// <summary>
    /// Starts of the edge's program that may live: the one that may ship, as far as this node judged, and
    /// those that are connected to a broker.
    /// </summary>
    public IReadOnlySet<Guid> InstancesOf(EdgeId edge)
    {
        SortedSet<Guid> instances = [];
        if (!_edges.TryGetValue(edge, out EdgeState? state)) return instances;
        if (state.Instance is { } judged) instances.Add(judged);
        instances.UnionWith(state.Presences.Where(entry => entry.Value.IsOnline).Select(entry => entry.Key));
        return instances;
    }

    /// <summary>The edge was heard of.</summary>
    public void Hear(EdgeId edge, DateTimeOffset now) => StateOf(edge).HeardAt = now;

    /// <summary>The edge says how far the cloud is behind.</summary>
    public void Hear(EdgeId edge, EdgeControl.Lag lag, DateTimeOffset now) =>
        (StateOf(edge).Lag, StateOf(edge).LagAt) = (lag, now);

    /// <summary>A broker says whether an instance is connected.</summary>
    public void Hear(string broker, Presence presence, DateTimeOffset now)
    {
        EdgeState edge = StateOf(presence.Edge);
        if (presence.IsOnline)
        {
            edge.HeardAt = now;
            edge.Presences[presence.Instance] =
                new InstancePresence(broker, IsOnline: true, IsCertain: true, now + options.PresenceMax);
        }
        else
        {
            edge.Presences.Remove(presence.Instance);
        }
    }

    /// <summary>What the broker said of presences may be past.</summary>
    public void Lose(string broker, DateTimeOffset now)
    {
        foreach (EdgeState edge in _edges.Values)
        {
            foreach ((Guid instance, InstancePresence presence) in edge.Presences.ToArray())
            {
                if (presence.Broker != broker) continue;
                DateTimeOffset until = now + options.PresenceUncertainMax;
                edge.Presences[instance] = presence with
                {
                    IsCertain = false, Until = presence.Until < until ? presence.Until : until,
                };
            }
        }
    }

    /// <summary>An instance that was accepted says something: it is alive.</summary>
    public void Renew(EdgeId edge, Guid instance, DateTimeOffset now)
    {
        EdgeState state = StateOf(edge);
        state.HeardAt = now;
        if (state.Presences.TryGetValue(instance, out InstancePresence? presence))
        {
            // What is taken in now may have been said before its broker was lost, and the end of whoever
            // said it would not be heard.
            TimeSpan max = presence.IsCertain ? options.PresenceMax : options.PresenceUncertainMax;
            state.Presences[instance] = presence with { Until = now + max };
        }
    }

    /// <summary>
    /// Judges a hello. Null: it has to be registered first, then judge again as a repetition.
    /// </summary>
    public EdgeAnswer.Hello? Judge(
        EdgeControl message,
        EdgeControl.Hello hello,
        ClusterConfiguration cluster,
        bool isRepeat,
        DateTimeOffset now)
    {
        EdgeState edge = StateOf(message.Edge);
        Renew(message.Edge, message.Instance, now);
        if (!isRepeat) edge.CountHello(message.Instance, now);
        if (edge.Instance is { } other && other != message.Instance
            && edge.Presences.TryGetValue(other, out InstancePresence? presence) && presence.Until > now)
        {
            return Answer(HelloVerdict.Refused, $"another live node ships as edge '{message.Edge}'");
        }

        EdgeRegistration? known = cluster.Edges.GetValueOrDefault(message.Edge);
        int order = known?.Incarnations.IndexOf(hello.Incarnation) ?? -1;
        if (order < 0) return null;
        if (order < known!.Incarnations.Length - 1)
        {
            return Answer(
                HelloVerdict.TakeNewIncarnation,
                $"edge '{message.Edge}' was met with a later incarnation: this one was restored or cloned");
        }

        edge.Instance = message.Instance;
        return Answer(HelloVerdict.Registered, "");

        EdgeAnswer.Hello Answer(HelloVerdict verdict, string reason) =>
            new(message.Instance, hello.Incarnation, verdict, reason);
    }

    /// <summary>
    /// True if it is this node's turn to answer: the first live one in the edge's own order, or the edge
    /// repeats.
    /// </summary>
    public bool Speaks(EdgeId edge, ClusterConfiguration cluster, DateTimeOffset now)
    {
        EdgeState state = StateOf(edge);
        if (state.Hellos > 1 && now - state.HelloAt < RepeatedWithin) return true;
        NodeId first = cluster.Members.Select(member => member.Id).Where(isLive)
            .OrderBy(node => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{node}/{edge}")))
            .FirstOrDefault(options.Self);
        return first == options.Self;
    }

    private EdgeState StateOf(EdgeId edge)
    {
        if (!_edges.TryGetValue(edge, out EdgeState? state)) _edges.Add(edge, state = new EdgeState());
        return state;
    }

    private sealed record InstancePresence(
        string Broker, bool IsOnline, bool IsCertain, DateTimeOffset Until);

    private sealed class EdgeState
    {
        private Guid _helloInstance;

        public Guid? Instance { get; set; }

        public DateTimeOffset HeardAt { get; set; }

        public EdgeControl.Lag? Lag { get; set; }

        public DateTimeOffset LagAt { get; set; }

        public DateTimeOffset HelloAt { get; private set; }

        public int Hellos { get; private set; }

        public Dictionary<Guid, InstancePresence> Presences { get; } = [];

        public void CountHello(Guid instance, DateTimeOffset now)
        {
            bool isAgain = instance == _helloInstance && now - HelloAt < RepeatedWithin;
            Hellos = isAgain ? Hellos + 1 : 1;
            (_helloInstance, HelloAt) = (instance, now);
        }
    }
}
