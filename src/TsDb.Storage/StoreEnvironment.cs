using Microsoft.Extensions.Logging;

namespace TsDb.Storage;

/// <summary>
/// Time, chance and logging of a store: what comes from outside, so that a seed can replay it.
/// </summary>
/// <param name="Clock">The only clock.</param>
/// <param name="NewId">Makes random ids (incarnations, log file ids).</param>
/// <param name="Loggers">Where log lines go.</param>
public sealed record StoreEnvironment(TimeProvider Clock, Func<Guid> NewId, ILoggerFactory Loggers)
{
    /// <summary>
    /// True in programs: the store works on threads of its own. False in simulations: nothing happens but
    /// inside <see cref="EdgeStore.RunUntilIdle"/>, so that one seed gives one trace.
    /// </summary>
    public bool HasOwnThreads { get; init; } = true;
}
