using TsDb.Model;

namespace TsDb.Adapters.Flight;

/// <summary>Whoever wants to know that another node was heard.</summary>
public interface IHeartbeatSink
{
    /// <summary>A sign of life of a node, with the id of its data directory.</summary>
    void Heard(NodeId node, Guid directoryId);
}
