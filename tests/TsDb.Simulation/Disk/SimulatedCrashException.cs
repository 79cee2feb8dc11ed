namespace TsDb.Simulation.Disk;

/// <summary>
/// The power went off inside a call. It is no <see cref="IOException"/>: nobody may handle it, as nobody is
/// there to.
/// </summary>
public sealed class SimulatedCrashException(string message) : Exception(message);
