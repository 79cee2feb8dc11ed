using Microsoft.Extensions.Logging;
using TsDb.Adapters.Hosting;

namespace TsDb.Adapters.Raft;

/// <summary>Time, chance and the rest of the world, as a cluster node needs them.</summary>
/// <param name="Clock">The time.</param>
/// <param name="NewId">Makes ids.</param>
/// <param name="Authorizer">Says who may call.</param>
/// <param name="Loggers">Where to say what happens.</param>
public sealed record ClusterEnvironment(
    TimeProvider Clock, Func<Guid> NewId, IAuthorizer Authorizer, ILoggerFactory Loggers);
