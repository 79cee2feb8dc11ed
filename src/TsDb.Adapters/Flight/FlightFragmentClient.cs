using TsDb.Adapters.Flight.Protos;
using TsDb.Adapters.Peers;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>Runs fragments on members, and on this node directly: on lines, and by Flight on members of older
/// programs.</summary>
public sealed class FlightFragmentClient(
    IClusterState cluster, NodeChannels channels, QuestionLines lines, LocalQueries local) : IFragmentClient
{
    private readonly NodeCaller _caller = new(cluster, channels);
    private readonly FlightClient _flight = new(channels);

    /// <inheritdoc/>
    public Task<ISqlResult> RunAsync(NodeId node, FragmentRequest request, CancellationToken ct)
    {
        if (node == cluster.Self) return local.Fragments.RunAsync(node, request, ct);
        (string address, FragmentTicket ticket) = TicketTo(node, request);
        return lines.Reach(node)
            ? lines.RunAsync(node, ticket, request.Fragment.TextRuns, ct)
            : _flight.OpenAsync(address, FragmentTickets.Encode(ticket), ct);
    }

    /// <inheritdoc/>
    public Func<Task<ISqlResult>> Begin(NodeId node, FragmentRequest request, CancellationToken ct)
    {
        // This node's own part takes the thread that asks for it.
        if (node == cluster.Self) return () => local.Fragments.RunAsync(node, request, ct);
        if (lines.Reach(node))
        {
            FragmentTicket ticket = TicketTo(node, request).Ticket;
            if (lines.TryBegin(node, ticket, request.Fragment.TextRuns, ct) is { } begun) return begun;
        }

        Task<ISqlResult> running = RunAsync(node, request, ct);
        return () => running;
    }

    private (string Address, FragmentTicket Ticket) TicketTo(NodeId node, FragmentRequest request)
    {
        (string address, ClusterId id) = _caller.Find(node);
        FragmentTicket ticket = QueryMessages.Ticket(request, id);
        ticket.TextRuns = true;
        return (address, ticket);
    }
}
