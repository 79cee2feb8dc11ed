// The fault model of calls between cloud nodes: the question may be lost, then nothing has happened; the
// answer may be lost, then everything has. Either way the caller hears nothing and gives up after a while. A
// question may be read long after that, and be answered to nobody. A
// node that is down refuses at once, or is not heard. A stream of rows may end in the middle.
using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Ports;
using TsDb.Replication.Repair;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Machines;
using TsDb.Simulation.Queries;

namespace TsDb.Simulation.Nodes;

/// <summary>What one start of a node asks of others, and of itself.</summary>
internal sealed class PeerCalls(World world, SimulatedNode self, Process program)
    : IPeerLink, ICatalogClient, IFragmentClient
{
    // Small, so that fetches have several pieces.
    private const int FetchBytesMax = 3_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LateMax = TimeSpan.FromSeconds(8);

    public Task<StoredReply> StoredAsync(NodeId node, StoredNotice notice, CancellationToken ct) =>
        Call(node, "stored", n => n.Desk.StoredAsync(notice, ct: CancellationToken.None).AsTask(), ct);

    public Task<ImmutableArray<ShardDigest>> ShardDigestsAsync(
        NodeId node, ImmutableArray<ShardId> shards, CancellationToken ct) =>
        Call(node, "digests", n => Task.FromResult(n.Desk.ShardDigests(shards)), ct);

    public Task<ImmutableArray<DayDigest>> DayDigestsAsync(
        NodeId node, ShardId shard, CancellationToken ct) =>
        Call(node, "days", n => Task.FromResult(n.Desk.DayDigests(shard)), ct);

    public Task<ImmutableArray<ListedLeaf>> LeavesAsync(
        NodeId node, ShardId shard, TableId table, Day day, CancellationToken ct) =>
        Call(node, "leaves", n => Task.FromResult(n.Desk.Leaves(shard, table, day)), ct);

    public Task<FilePiece> FetchAsync(
        NodeId node, Leaf leaf, long offset, int bytesMax, CancellationToken ct) =>
        Call(
            node,
            "fetch",
            n => Task.FromResult(n.Desk.Fetch(leaf, offset, Math.Min(bytesMax, FetchBytesMax))),
            ct);

    public Task<CatalogAnswer> AskAsync(NodeId node, CatalogQuestion question, CancellationToken ct) =>
        Call(node, "catalog", n => Task.FromResult(n.Catalog.Answer(question)), ct);

    public Task<ImmutableArray<Leaf>> LeavesAsync(
        NodeId node, ImmutableArray<Cell> cells, CancellationToken ct) =>
        Call(node, "cells", n => Task.FromResult(n.Catalog.Leaves(cells)), ct);

    public Task<CatalogVersion> FetchAsync(
        NodeId node, ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct) =>
        Call(node, "lacking", n => n.Catalog.FetchAsync(leaves, source, CancellationToken.None), ct);

    public async Task<ISqlResult> RunAsync(NodeId node, FragmentRequest request, CancellationToken ct)
    {
        RowsAtHand rows = await Call(
            node,
            "fragment",
            async n =>
                await RowsAtHand.ReadAsync(await n.Fragments.RunAsync(request, CancellationToken.None)),
            ct);
        return node != self.Self && world.Wires.IsLost() ? rows.BrokenOff() : rows;
    }

    private Task<T> Call<T>(
        NodeId to, string what, Func<SimulatedNode, Task<T>> question, CancellationToken ct)
    {
        TaskCompletionSource<T> reply = new();
        ct.Register(() => reply.TrySetCanceled(ct));
        world.Trace.Add($"? {self.Name} {to} {what}");
        if (to == self.Self)
        {
            _ = AnswerAsync(self, question, Heard);
            return reply.Task;
        }

        world.Time.After(Patience, () => Tell(new TsDbException(
            ErrorKind.Unavailable, $"{to} does not answer")));
        world.Time.After(self.Lag + world.Wires.Delay() + Lateness(), () =>
        {
            if (world.Wires.IsLost() || !world.Wires.Passes(self.Name, to.Value)) return;
            SimulatedNode? target = world.Find(to);
            if (target?.Program is { IsAlive: true } there)
                there.Run(() => _ = AnswerAsync(target, question, answer => SendBack(target, answer)));
            else if (world.Chance.Next(2) == 0)
                Tell(new TsDbException(ErrorKind.Unavailable, $"{to} refuses the connection"));
        });
        return reply.Task;

        void SendBack(SimulatedNode from, Task<T> answer) =>
            world.Time.After(from.Lag + world.Wires.Delay(), () =>
            {
                if (world.Wires.IsLost() || !world.Wires.Passes(from.Name, self.Name)) return;
                program.Run(() => Heard(answer));
            });

        void Tell(TsDbException failure) => program.Run(() => reply.TrySetException(failure));

        void Heard(Task<T> answer)
        {
            if (answer.Exception?.InnerException is { } failure) reply.TrySetException(failure);
            else reply.TrySetResult(answer.Result);
        }
    }

    // The bytes lie in a socket of a busy program: its other business goes before.
    private TimeSpan Lateness()
    {
        if (world.IsStorm && self.WordsReadFrom > world.Time.Now)
            return self.WordsReadFrom - world.Time.Now + (LateMax * world.Chance.NextDouble());
        return world.IsStorm && world.Chance.NextDouble() < world.Plan.LateCalls
            ? LateMax * world.Chance.NextDouble()
            : TimeSpan.Zero;
    }

    private static async Task AnswerAsync<T>(
        SimulatedNode node, Func<SimulatedNode, Task<T>> question, Action<Task<T>> answered)
    {
        if (!node.IsReady)
        {
            answered(Task.FromException<T>(new TsDbException(ErrorKind.Unavailable, "not started yet")));
            return;
        }

        Task<T> answer;
        try
        {
            T said = await question(node);
            answer = Task.FromResult(said);
        }
        catch (TsDbException refusal)
        {
            answer = Task.FromException<T>(refusal);
        }
        catch (IOException failed)
        {
            answer = Task.FromException<T>(new TsDbException(ErrorKind.Unavailable, failed.Message));
        }

        answered(answer);
    }
}
