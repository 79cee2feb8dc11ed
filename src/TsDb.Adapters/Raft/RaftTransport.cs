using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using TsDb.Model;

namespace TsDb.Adapters.Raft;

/// <summary>
/// Hands the consensus engine its connections: incoming ones from our listener, after the preface; outgoing
/// ones to wherever the address book says the member is.
/// </summary>
internal sealed class RaftTransport(
    ClusterPreface preface, AddressBook addresses, TimeSpan answerWithin, TimeProvider clock)
    : IConnectionListenerFactory, IConnectionListener, IConnectionFactory
{
    private const int WaitingMax = 64;

    private readonly Channel<ConnectionContext> _incoming =
        Channel.CreateBounded<ConnectionContext>(WaitingMax);

    /// <inheritdoc/>
    public EndPoint EndPoint { get; } = AddressBook.EndPointOf(preface.DirectoryId);

    /// <summary>Hands over an incoming connection; false if the engine does not take it.</summary>
    public bool Offer(NetworkStream stream, EndPoint? remote) =>
        _incoming.Writer.TryWrite(new RaftConnection(stream, remote));

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _incoming.Reader.WaitToReadAsync(cancellationToken)
            && _incoming.Reader.TryRead(out var connection)
            ? connection
            : null;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext> ConnectAsync(
        EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Guid directory = AddressBook.DirectoryOf(endpoint);
        string address = addresses.Find(directory)
            ?? throw new TsDbException(
                ErrorKind.Unavailable, $"the address of member {directory:N} is not known");
        NetworkStream stream = await ClusterDialer.CallAsync(address, preface, cancellationToken);
        return new RaftConnection(new TimedStream(stream, answerWithin, clock), endpoint);
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _incoming.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _incoming.Writer.TryComplete();
        while (_incoming.Reader.TryRead(out ConnectionContext? connection)) await connection.DisposeAsync();
    }
}
