using System.Collections.Concurrent;
using System.Net.Sockets;

namespace TsDb.Load.Wire;

/// <summary>One of the two connections that a <see cref="Forwarder"/> joins.</summary>
/// <param name="client">The connection.</param>
/// <param name="pieceBytes">Most bytes that are read at a time, where packets are not told apart.</param>
internal sealed class ForwardedSide(TcpClient client, int pieceBytes) : IDisposable
{
    /// <summary>Pieces of a link that is not slow.</summary>
    public const int BufferBytes = 64 << 10;

    private readonly SemaphoreSlim _sending = new(1);
    private readonly byte[] _buffer = new byte[pieceBytes];
    private readonly ConcurrentDictionary<int, bool> _isTwiceSeen = [];

    /// <summary>What comes next from there: a packet, or whatever bytes there are; null at the end.</summary>
    public async Task<byte[]?> ReadAsync(bool isMqtt, CancellationToken ct)
    {
        NetworkStream stream = client.GetStream();
        if (isMqtt) return await MqttUnit.ReadAsync(stream, ct);
        int read = await stream.ReadAsync(_buffer, ct);
        return read == 0 ? null : _buffer[..read];
    }

    /// <summary>Sends there; both directions may.</summary>
    public async Task SendAsync(byte[] bytes, CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            await client.GetStream().WriteAsync(bytes, ct);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>A message goes there twice: two acknowledgements will come, one of which nobody
    /// expects.</summary>
    public void ExpectTwice(int id) => _isTwiceSeen[id] = false;

    /// <summary>True for the second acknowledgement of a message that went there twice.</summary>
    public bool IsSecond(int id)
    {
        if (_isTwiceSeen.TryUpdate(id, true, false)) return false;
        return _isTwiceSeen.TryRemove(id, out _);
    }

    /// <inheritdoc/>
    public void Dispose() => _sending.Dispose();
}
