using TsDb.Adapters.Flight;
using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Adapters.Mqtt.Fresh;

/// <summary>Puts the parts of one edge's reply together, in whatever order and how often they come.</summary>
internal sealed class EdgeReplyParts(EdgeId edge)
{
    private readonly SortedDictionary<int, ReadOnlyMemory<byte>> _parts = [];
    private readonly TaskCompletionSource<byte[]> _whole =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private long _bytes;
    private int _last = -1;

    /// <summary>Ends with the bytes of all parts, or fails with what the edge said instead.</summary>
    public Task<byte[]> Whole => _whole.Task;

    public void Add(EdgeReply reply)
    {
        if (reply.Edge != edge) return;
        lock (_parts)
        {
            if (reply.Error.Length > 0)
            {
                _whole.TrySetException(new TsDbException(ErrorKind.Unavailable, reply.Error));
                return;
            }

            if (!_parts.TryAdd(reply.Part, reply.Body)) return;
            _bytes += reply.Body.Length;
            if (_bytes > EdgeMessages.BytesMax)
            {
                _whole.TrySetException(new TsDbException(
                    ErrorKind.TooLarge, $"its answer is more than {EdgeMessages.BytesMax} bytes"));
                return;
            }

            if (reply.IsLast) _last = reply.Part;
            if (_last < 0 || _parts.Count != _last + 1) return;
            byte[] whole = new byte[_bytes];
            int at = 0;
            foreach (ReadOnlyMemory<byte> part in _parts.Values)
            {
                part.CopyTo(whole.AsMemory(at));
                at += part.Length;
            }

            _whole.TrySetResult(whole);
        }
    }
}
