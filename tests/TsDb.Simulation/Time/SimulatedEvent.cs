namespace TsDb.Simulation.Time;

/// <summary>Something that will happen, unless it is called off.</summary>
internal sealed class SimulatedEvent(Action what)
{
    public Action What => what;

    public bool IsCancelled { get; private set; }

    public void Cancel() => IsCancelled = true;
}
