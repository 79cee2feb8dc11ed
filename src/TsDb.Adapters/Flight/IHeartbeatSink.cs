using TsDb.Model;

namespace TsDb.Adapters.Flight;

/// <summary>Whoever wants to know that another node was heard.</summary>
public interface IHeartbeatSink
{
    /// <summary>The clock that silences are measured by.</summary>
    TimeProvider Clock { get; }

    /// <summary>
    /// A sign of life of a node, with the id of its data directory, the time by its clock, if it said so, and
    /// the version of what it knows.
    /// </summary>
    void Heard(NodeId node, Guid directoryId, DateTimeOffset? itsClock, uint version);

    /// <summary>
    /// A heartbeat to a node failed for another reason than that it is away: a defect here, worth a log line.
    /// </summary>
    void Failed(NodeId node, Exception error);

    /// <summary>True if the node gave a sign of life no longer ago than that.</summary>
    bool WasHeard(NodeId node, TimeSpan within);
}
