using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>
/// The messages between coordinator and nodes as bytes: a version byte, then JSON. What does not read is
/// refused with
/// <see cref="ErrorKind.Invalid"/>; nothing read is trusted beyond its form.
/// </summary>
public static class QueryMessages
{
    /// <summary>The version written and the newest read.</summary>
    public const byte Version = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        Converters = { new NounConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        MaxDepth = 32,
    };

    /// <summary>Bytes of a question.</summary>
    public static byte[] Encode(CatalogQuestion question) => Write(question);

    /// <summary>Bytes of an answer.</summary>
    public static byte[] Encode(CatalogAnswer answer) => Write(answer);

    /// <summary>Bytes of a request; also the ticket of a fragment's rows.</summary>
    public static byte[] Encode(FragmentRequest request) => Write(request);

    /// <summary>Bytes of cells.</summary>
    public static byte[] Encode(ImmutableArray<Cell> cells) => Write(cells);

    /// <summary>Bytes of leaves.</summary>
    public static byte[] Encode(ImmutableArray<Leaf> leaves) => Write(leaves);

    /// <summary>Bytes of a version.</summary>
    public static byte[] Encode(CatalogVersion version) => Write(version);

    /// <summary>Reads a question.</summary>
    public static CatalogQuestion DecodeQuestion(ReadOnlySpan<byte> bytes) => Read<CatalogQuestion>(bytes);

    /// <summary>Reads an answer.</summary>
    public static CatalogAnswer DecodeAnswer(ReadOnlySpan<byte> bytes) => Read<CatalogAnswer>(bytes);

    /// <summary>Reads a request.</summary>
    public static FragmentRequest DecodeRequest(ReadOnlySpan<byte> bytes)
    {
        FragmentRequest request = Read<FragmentRequest>(bytes);
        bool isSound = request.ShardCount is > 0 and <= 1 << 20
            && request.Shards.All(shard => shard.Value >= 0 && shard.Value < request.ShardCount);
        return isSound ? request : throw Wrong("its shards are out of range");
    }

    /// <summary>Reads cells.</summary>
    public static ImmutableArray<Cell> DecodeCells(ReadOnlySpan<byte> bytes) =>
        Read<ImmutableArray<Cell>>(bytes);

    /// <summary>Reads leaves.</summary>
    public static ImmutableArray<Leaf> DecodeLeaves(ReadOnlySpan<byte> bytes) =>
        Read<ImmutableArray<Leaf>>(bytes);

    /// <summary>Reads a version.</summary>
    public static CatalogVersion DecodeVersion(ReadOnlySpan<byte> bytes) => Read<CatalogVersion>(bytes);

    private static byte[] Write<T>(T message)
    {
        using MemoryStream bytes = new();
        bytes.WriteByte(Version);
        JsonSerializer.Serialize(bytes, message, Options);
        return bytes.ToArray();
    }

    private static T Read<T>(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0 || bytes[0] != Version)
        {
            throw Wrong($"this node speaks version {Version} of it");
        }

        try
        {
            return JsonSerializer.Deserialize<T>(bytes[1..], Options) ?? throw Wrong("it is empty");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new TsDbException(ErrorKind.Invalid, $"a query message cannot be read: {e.Message}", e);
        }
    }

    private static TsDbException Wrong(string why) =>
        new(ErrorKind.Invalid, $"a query message cannot be read: {why}");
}
