using System.Diagnostics;

namespace TsDb.Simulation.Fleet;

/// <summary>One seed from its beginning to its end.</summary>
internal sealed record FleetRun(string Trace, long Events, int Answers, int Durables, int Incarnations)
{
    /// <summary>Runs a plan; throws if a promise is broken.</summary>
    public static FleetRun Of(FaultPlan plan, TextWriter? trace = null)
    {
        World world = new(plan, trace);
        try
        {
            QueryClient client = new(world);
            if (!world.Run(client)) throw new SimulationException($"it does not settle:\n{world.Report()}");
            world.Durable.RequirePurged();
            client.AskAll();
            return new FleetRun(
                world.Trace.ToString(),
                world.Time.EventCount,
                client.CompleteCount,
                world.Durable.Count,
                world.Raft.Latest!.Edges.Values.Sum(edge => edge.Incarnations.Length));
        }
        catch (Exception e) when (e is not UnreachableException)
        {
            trace?.WriteLine($"failed: {e}");
            throw new SimulationException($"make sim SEED={plan.Seed}: {e.Message}\n{plan}\n{e.StackTrace}");
        }
    }
}
