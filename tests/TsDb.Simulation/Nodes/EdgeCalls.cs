// The fault model of fresh questions, which go to edges over brokers: question and answer may each be lost or
// late. Whoever has the edge's name hears the question, its clone as well; the first answer counts. An edge
// without a connection, or that has never met the cluster, hears nothing.
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Simulation.Edges;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Machines;

namespace TsDb.Simulation.Nodes;

/// <summary>What one start of a node asks of edges.</summary>
internal sealed class EdgeCalls(World world, SimulatedNode self, Process program) : IEdgeClient
{
    public Task<FreshAnswer> AskAsync(EdgeId edge, FreshQuestion question, CancellationToken ct)
    {
        TaskCompletionSource<FreshAnswer> reply = new();
        ct.Register(() => reply.TrySetCanceled(ct));
        world.Trace.Add($"? {self.Name} {edge} fresh");
        foreach (SimulatedEdge machine in world.Named(edge))
        {
            world.Time.After(self.Lag + world.Wires.Delay(), () =>
            {
                if (world.Wires.IsLost() || !world.Wires.Passes(self.Name, machine.Name)) return;
                machine.Program?.Run(() => _ = AnswerAsync(machine, question, reply));
            });
        }

        return reply.Task;
    }

    private async Task AnswerAsync(
        SimulatedEdge edge, FreshQuestion question, TaskCompletionSource<FreshAnswer> reply)
    {
        if (!edge.MayAnswer) return;
        Action told;
        try
        {
            FreshAnswer answer = await edge.Fresh!.AnswerAsync(question, CancellationToken.None);
            world.Trace.Add($"? {edge.Name} answers {self.Name} days {string.Join(' ', answer.Days)}");
            told = () => reply.TrySetResult(answer);
        }
        catch (TsDbException refusal)
        {
            told = () => reply.TrySetException(new TsDbException(ErrorKind.Unavailable, refusal.Message));
        }

        world.Time.After(edge.Lag + world.Wires.Delay(), () =>
        {
            if (!world.Wires.IsLost() && world.Wires.Passes(edge.Name, self.Name)) program.Run(told);
        });
    }
}
