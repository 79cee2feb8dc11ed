using TsDb.Simulation.Truth;

namespace TsDb.Simulation.Fleet;

/// <summary>A promise was broken, or something happened that may never happen.</summary>
internal sealed class SimulationException(string message) : Exception(message)
{
    /// <summary>The point that is wrong; null if it is something else.</summary>
    public PointKey? Key { get; init; }
}
