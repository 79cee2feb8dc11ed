using System.Buffers.Binary;
using System.Text.Json;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Adapters.Raft;

/// <summary>A question or an answer on the cluster port: length as int32 little-endian, then JSON.</summary>
internal static class TalkFrame
{
    private const int BytesMax = 4 << 20;

    public static async Task WriteAsync<T>(Stream stream, T message, CancellationToken ct)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(message, ClusterJson.Options);
        byte[] frame = new byte[sizeof(int) + json.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, json.Length);
        json.CopyTo(frame, sizeof(int));
        await stream.WriteAsync(frame, ct);
    }

    /// <summary>Reads a message. Throws Invalid for what is not one.</summary>
    public static async Task<T> ReadAsync<T>(Stream stream, CancellationToken ct)
    {
        byte[] length = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(length, ct);
        int bytes = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (bytes is <= 0 or > BytesMax)
            throw new TsDbException(ErrorKind.Invalid, $"a message on the cluster port of {bytes} bytes");
        byte[] json = new byte[bytes];
        await stream.ReadExactlyAsync(json, ct);
        try
        {
            return JsonSerializer.Deserialize<T>(json, ClusterJson.Options)
                ?? throw new TsDbException(ErrorKind.Invalid, "a message on the cluster port is null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            throw new TsDbException(ErrorKind.Invalid, $"a message on the cluster port: {e.Message}", e);
        }
    }
}
