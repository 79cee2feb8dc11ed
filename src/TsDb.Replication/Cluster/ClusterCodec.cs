using System.Text.Json;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>
/// Bytes of commands and of whole configurations: a magic, a version byte, then JSON. The magic tells our
/// entries from the consensus engine's own, which reach the state machine with a payload after a restart.
/// </summary>
public static class ClusterCodec
{
    /// <summary>
    /// The newest version that is read; what an older one can say is written in that. Version 1 knew no
    /// moves, no leaving members, no rules of tables and no clock, version 2 no erasures, version 3 none that
    /// are final, version 4 no rule for silent members; all that they say means the same now.
    /// </summary>
    public const byte Version = 5;

    private const byte VersionOfFinal = 4;
    private const byte VersionCommon = 3;

    private const byte VersionOldest = 1;

    private static readonly byte[] CommandMagic = "TSDBCMD"u8.ToArray();
    private static readonly byte[] SnapshotMagic = "TSDBCFG"u8.ToArray();

    /// <summary>A command's bytes.</summary>
    public static byte[] Encode(ClusterCommand command) =>
        Encode(CommandMagic, VersionOf(command), command);

    /// <summary>A configuration's bytes.</summary>
    public static byte[] Encode(ClusterConfiguration configuration) =>
        Encode(SnapshotMagic, VersionOf(configuration), configuration);

    /// <summary>
    /// The oldest version that can say a command: who knows only older ones must not get it.
    /// </summary>
    public static byte VersionOf(ClusterCommand command) => command switch
    {
        ClusterCommand.SetReplaceAfter or ClusterCommand.GiveUp => Version,
        ClusterCommand.MakeErasureFinal => VersionOfFinal,
        ClusterCommand.Found found => VersionOf(found.Configuration),
        _ => VersionCommon,
    };

    /// <summary>The oldest version that can say a configuration: every member of it knows that one.</summary>
    public static byte VersionOf(ClusterConfiguration configuration) => configuration switch
    {
        { ReplaceAfter: not null } => Version,
        _ when configuration.Erasures.Tombstones.Any(t => t.FinalBy is not null) => VersionOfFinal,
        _ => VersionCommon,
    };

    /// <summary>
    /// Reads a command; false if the bytes are not one of ours. Throws <see cref="ErrorKind.Invalid"/> for a
    /// version that is not known here, <see cref="ErrorKind.Corrupt"/> if they are ours and cannot be
    /// understood.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out ClusterCommand? command)
    {
        command = bytes.StartsWith(CommandMagic)
            ? Decode<ClusterCommand>(bytes[CommandMagic.Length..], "command") : null;
        if (command is not null && bytes[CommandMagic.Length] == VersionOldest) command = AsItWas(command);
        return command is not null;
    }

    /// <summary>
    /// Reads a configuration. Throws <see cref="ErrorKind.Invalid"/> for a version that is not known here,
    /// <see cref="ErrorKind.Corrupt"/> if the bytes are anything else.
    /// </summary>
    public static ClusterConfiguration DecodeConfiguration(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith(SnapshotMagic)
            ? Decode<ClusterConfiguration>(bytes[SnapshotMagic.Length..], "snapshot")
            : throw new TsDbException(
                ErrorKind.Corrupt, "a snapshot of the cluster's configuration has no magic");

    // Old entries must do again what they did, whoever applies them.
    private static ClusterCommand AsItWas(ClusterCommand command) => command switch
    {
        ClusterCommand.Admit admit => admit with { MovesShards = false },
        ClusterCommand.Remove remove => remove with { MovesShards = false },
        _ => command,
    };

    private static byte[] Encode<T>(byte[] magic, byte version, T value) =>
        [.. magic, version, .. JsonSerializer.SerializeToUtf8Bytes(value, ClusterJson.Options)];

    // The serializer knows which members may be null, but takes null for any item of a list.
    private static void RefuseNullItems(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        bool isMember = true;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Null && !isMember)
                throw new JsonException($"an item of a list is null, at byte {reader.TokenStartIndex}");
            isMember = reader.TokenType == JsonTokenType.PropertyName;
        }
    }

    private static T Decode<T>(ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.IsEmpty) throw new TsDbException(ErrorKind.Corrupt, $"a cluster {what} has no version");
        FormatVersion.Require($"a cluster {what}", bytes[0], VersionOldest, Version);
        try
        {
            RefuseNullItems(bytes[1..]);
            return JsonSerializer.Deserialize<T>(bytes[1..], ClusterJson.Options)
                ?? throw new TsDbException(ErrorKind.Corrupt, $"a cluster {what} is null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            throw new TsDbException(ErrorKind.Corrupt, $"a cluster {what} cannot be read: {e.Message}", e);
        }
    }
}
