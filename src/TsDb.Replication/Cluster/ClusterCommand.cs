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
    public sealed record Admit(Member Member) : ClusterCommand;

    /// <summary>Ends the membership of a data directory.</summary>
    public sealed record Remove(Guid DirectoryId) : ClusterCommand;

    /// <summary>Makes an edge's incarnation known; a later one is newer.</summary>
    public sealed record RegisterEdge(EdgeId Edge, Incarnation Incarnation) : ClusterCommand;

    /// <summary>Sets a database's retention and raises its horizon; a lower horizon is ignored.</summary>
    public sealed record SetDatabase(DatabaseSettings Settings) : ClusterCommand;
}
