using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using TsDb.Adapters.DuckDb;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Raft;
using TsDb.Model;

namespace TsDb.Cloud;

/// <summary>The settings of a cloud node, checked: an object of this type can be run.</summary>
internal sealed partial record CloudOptions
{
    /// <summary>Statements that run at once, and as many slow ones beside them.</summary>
    public const int StatementsMax = 4;

    public const int ReplicationMax = 7;
    private const int MemoryShare = 50;
    private const long CompactInputMax = 128L << 20;

    // Decoded columns kept for the small queries of dashboards.
    private const long DecodedBytesMax = 512L << 20;

    /// <summary>Null: what the data directory says, or the host name.</summary>
    public NodeId? Id { get; init; }

    public required NodeId IdDefault { get; init; }

    public required string DataDirectory { get; init; }

    public required ListenAddress Http { get; init; }

    public required ListenAddress Flight { get; init; }

    public required ListenAddress Cluster { get; init; }

    /// <summary>The built-in broker; null when it is off or brokers are named.</summary>
    public ListenAddress? Broker { get; init; }

    /// <summary>Brokers to use instead of the built-in one.</summary>
    public required ImmutableArray<Uri> OutsideBrokers { get; init; }

    /// <summary>Host that the other nodes use; null for the bound address.</summary>
    public string? Advertise { get; init; }

    public required string ClusterName { get; init; }

    public required ClusterSettings Settings { get; init; }

    /// <summary>Memory that queries share.</summary>
    public required QueryMemory Queries { get; init; }

    /// <summary>How long a query may take that is asked here.</summary>
    public required TimeSpan QueryTimeout { get; init; }

    /// <summary>Failure zone; empty for none.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Share of the data relative to the other nodes.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Bytes a second that repair fetches at most.</summary>
    public required long RepairRate { get; init; }

    /// <summary>How long both sets of owners store after a shard was handed over.</summary>
    public required TimeSpan MoveGrace { get; init; }

    /// <summary>Bytes a second that the scrub reads; 0 for none.</summary>
    public required long ScrubRate { get; init; }

    /// <summary>Bytes that compaction reads at a time; 0 for none.</summary>
    public required long CompactInput { get; init; }

    /// <summary>Bytes of the data directory; null for the disk's own limit.</summary>
    public long? DiskBytesMax { get; init; }

    public required LogLevel LogLevel { get; init; }

    /// <summary>
    /// Reads the flags; throws <see cref="ErrorKind.Invalid"/> naming the flag and what is allowed.
    /// </summary>
    public static CloudOptions Read(FlagValues values)
    {
        bool insecure = values.Switch("insecure-bind");
        bool isOutside = values.Text("broker").Contains("://", StringComparison.Ordinal);
        int replication = values.Number("replication", 1);
        if (replication > ReplicationMax)
            throw new TsDbException(ErrorKind.Invalid, $"--replication is at most {ReplicationMax}");
        CloudOptions options = new()
        {
            Id = values.OptionalText("id") is null ? null : values.Read("id", text => new NodeId(text)),
            IdDefault = HostName(),
            DataDirectory = values.Text("data"),
            Http = Require(values, "http", insecure),
            Flight = Require(values, "flight", insecure),
            Cluster = Require(values, "cluster", insecure),
            Broker = isOutside ? null : Listener.Require(values, "broker", insecure),
            OutsideBrokers = isOutside
                ? values.Read("broker", _ => values.List("broker").Select(BrokerUrl.Parse).ToImmutableArray())
                : [],
            Advertise =
                values.OptionalText("advertise") is null ? null : values.Read("advertise", AdvertisedHost),
            ClusterName = values.Read("cluster-name", text => ClusterNames().IsMatch(text)
                ? text
                : throw new FormatException("use 1 to 64 of A-Z a-z 0-9 _ . -")),
            Settings = new ClusterSettings
            {
                Seeds = values.Read("seeds", _ => values.List("seeds").Select(Seed).ToImmutableArray()),
                ReplicationFactor = replication,
                WriteQuorumAsked = values.Text("write-quorum") == "majority"
                    ? 0
                    : values.Number("write-quorum", 1),
            },
            Queries = QueryMemory.Of(
                QueryMemory.Read(values, MemoryShare, long.MaxValue), DecodedBytesMax, 2 * StatementsMax),
            QueryTimeout = values.Read("query-timeout", Adapters.Http.Query.QueryTimeout.Parse),
            Zone = values.Read("zone", text => text.Length == 0 || ClusterNames().IsMatch(text)
                ? text
                : throw new FormatException("use 1 to 64 of A-Z a-z 0-9 _ . -")),
            Weight = values.Read("weight", WeightOf),
            RepairRate = values.Read("repair-rate", text => ByteSizeText.Parse(text) is var rate and > 0
                ? rate : throw new FormatException("use bytes a second above 0")),
            MoveGrace = values.Read("move-grace", DurationText.Parse),
            ScrubRate = values.Read("scrub-rate", ByteSizeText.Parse),
            CompactInput = values.Read("compact-input", text =>
                ByteSizeText.Parse(text) is var bytes and >= 0 and <= CompactInputMax
                    ? bytes : throw new FormatException("use 0 to 128MiB: a merged file travels whole")),
            DiskBytesMax = values.OptionalBytes("disk-max"),
            LogLevel =
                values.Read("log-level", text => Enum.TryParse(text, ignoreCase: true, out LogLevel level)
                ? level
                : throw new FormatException("use trace, debug, information, warning, error or none")),
        };
        if (options.Settings.WriteQuorumAsked > replication)
            throw new TsDbException(ErrorKind.Invalid, "--write-quorum cannot be above --replication");
        options.RequireReachable();
        return options;
    }

    /// <summary>
    /// What other nodes shall use for a listener that is bound at <paramref name="bound"/>.
    /// </summary>
    public string Advertised(IPEndPoint bound) => Advertise is { } host
        ? string.Create(CultureInfo.InvariantCulture, $"{host}:{bound.Port}")
        : bound.ToString();

    private static ListenAddress Require(FlagValues values, string flag, bool insecure) =>
        Listener.Require(values, flag, insecure)
        ?? throw new TsDbException(ErrorKind.Invalid, $"--{flag}: a cloud node needs this address");

    private void RequireReachable()
    {
        if (Advertise is not null) return;
        foreach (ListenAddress? address in (ListenAddress?[])[Http, Flight, Cluster, Broker])
        {
            if (address is not null
                && (address.Host.Equals(IPAddress.Any) || address.Host.Equals(IPAddress.IPv6Any)))
            {
                throw new TsDbException(
                    ErrorKind.Invalid, $"{address} is no address that others can use: say --advertise HOST");
            }
        }
    }

    private static string AdvertisedHost(string text)
    {
        // A port would be another than the bound one for three of the four listeners.
        string host = text.LastIndexOf(':') is var colon and > 0 && !text.EndsWith(']')
            ? text[..colon] : text;
        return Uri.CheckHostName(host.Trim('[', ']')) != UriHostNameType.Unknown
            ? host
            : throw new FormatException("use a host name or an IP address");
    }

    private static string Seed(string text)
    {
        int colon = text.LastIndexOf(':');
        bool isAddress = colon > 0
            && int.TryParse(
                text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is > 0 and <= 65_535;
        return isAddress
            ? text : throw new FormatException("use host:port of the nodes' --cluster addresses");
    }

    private static double WeightOf(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double weight)
        && weight is >= 0.01 and <= 100
            ? weight : throw new FormatException("use a number from 0.01 to 100");

    /// <summary>The host name made fit to be an id.</summary>
    private static NodeId HostName()
    {
        string name = NotInIds().Replace(Environment.MachineName, "-");
        return new NodeId(NodeId.IsValid(name) ? name : "cloud");
    }

    [GeneratedRegex("[^A-Za-z0-9_.-]")]
    private static partial Regex NotInIds();

    [GeneratedRegex("^[A-Za-z0-9_.-]{1,64}$")]
    private static partial Regex ClusterNames();
}
