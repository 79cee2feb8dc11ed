namespace TsDb.Simulation.Fleet;

/// <summary>A promise was broken, or something happened that may never happen.</summary>
internal sealed class SimulationException(string message) : Exception(message);
