using System.Text.RegularExpressions;
using TsDb.Adapters.DuckDb;
using TsDb.Adapters.Hosting;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Storage.Sensors;

namespace TsDb.Edge;

/// <summary>The settings of an edge, checked: an object of this type can be run.</summary>
internal sealed partial record EdgeOptions
{
    /// <summary>Statements that run at once, and slow ones beside them.</summary>
    public const int StatementsMax = 4;

    /// <inheritdoc cref="StatementsMax"/>
    public const int SlowMax = 2;

    private const long BodyBytesLargest = 1L << 30;
    private const int MemoryShare = 25;
    private const long MemoryMost = 1L << 30;

    // Decoded columns kept for the small queries of dashboards.
    private const long DecodedBytesMax = 64L << 20;

    public required string DataDirectory { get; init; }

    public required ListenAddress Http { get; init; }

    /// <summary>Null when the built-in broker is off.</summary>
    public ListenAddress? Mqtt { get; init; }

    /// <summary>The broker to subscribe to for sensors; null for none.</summary>
    public Uri? Sensors { get; init; }

    /// <summary>The rule file for sensors; null for the built-in rules.</summary>
    public string? SensorRulesFile { get; init; }

    /// <summary>The rules for sensors as they are at start.</summary>
    public SensorRules SensorRules { get; init; } = SensorRules.Default;

    public required IReadOnlyList<Uri> Uplinks { get; init; }

    public required string ClusterName { get; init; }

    public required EdgeStoreOptions Store { get; init; }

    /// <summary>Memory that queries share.</summary>
    public required QueryMemory Queries { get; init; }

    /// <summary>How long a query may take that is asked here.</summary>
    public required TimeSpan QueryTimeout { get; init; }

    /// <summary>What requests may bring.</summary>
    public required IngestLimits Ingest { get; init; }

    /// <summary>Bytes of request bodies that are read or parsed at a time.</summary>
    public required long BodiesBytesMax { get; init; }

    public required long ShipBytes { get; init; }

    public required TimeSpan ShipDelay { get; init; }

    /// <summary>Bytes per second; null for no limit.</summary>
    public long? ShipRate { get; init; }

    /// <summary>Hours in which shipping may send; null for any.</summary>
    public ShipHours? ShipHours { get; init; }

    /// <summary>Bytes a second that the scrub reads; 0 for none.</summary>
    public required long ScrubRate { get; init; }

    /// <summary>Bytes of the data directory; null for the disk's own limit.</summary>
    public long? DiskBytesMax { get; init; }

    public required LogLevel LogLevel { get; init; }

    /// <summary>Reads the flags; throws <see cref="ErrorKind.Invalid"/> naming the flag and what is
    /// allowed.</summary>
    public static EdgeOptions Read(FlagValues values)
    {
        bool insecure = values.Switch("insecure-bind");
        bool dropShipped = values.Read("when-full", text => text switch
        {
            "reject" => false,
            "drop-shipped" => true,
            _ => throw new FormatException("use reject or drop-shipped"),
        });
        long? diskMax = values.OptionalBytes("disk-max");
        return new EdgeOptions
        {
            DataDirectory = values.Text("data"),
            Http = Listener.Require(values, "http", insecure)
                ?? throw new TsDbException(ErrorKind.Invalid, "--http: an edge needs its HTTP address"),
            Mqtt = values.OptionalText("sensors") is null ? Listener.Require(values, "mqtt", insecure) : null,
            Sensors = values.OptionalText("sensors") is null ? null : values.Read("sensors", BrokerUrl.Parse),
            SensorRulesFile = values.OptionalText("mqtt-rules"),
            SensorRules = values.OptionalText("mqtt-rules") is null
                ? SensorRules.Default
                : values.Read("mqtt-rules", Adapters.Mqtt.Sensors.SensorRulesFile.Read),
            Uplinks = values.Read("uplink", _ => values.List("uplink").Select(BrokerUrl.Parse).ToArray()),
            ClusterName = values.Read("cluster-name", text => ClusterNames().IsMatch(text)
                ? text
                : throw new FormatException("use 1 to 64 of A-Z a-z 0-9 _ . -")),
            Store = new EdgeStoreOptions
            {
                Id = values.OptionalText("id") is null ? null : values.Read("id", text => new EdgeId(text)),
                IdDefault = HostName(),
                SealBytes = Positive(values, "seal-bytes"),
                SealAge = Positive(values.Duration("seal-age"), "seal-age"),
                MemoryBytesMax = Positive(values, "memory-max"),
                Segments = new SegmentOptions { ZstdLevel = ReadZstdLevel(values) },
                DiskReserveBytes = Positive(values, "disk-reserve"),
                Retention = new RetentionLimits
                {
                    AgeMax = values.OptionalDuration("retain"),
                    DropWhenFull = dropShipped,

                    // Without an uplink nothing will ever be durable elsewhere: the rule is the operator's
                    // word.
                    DropUnshipped = values.OptionalText("uplink") is null,
                },
            },
            Queries = QueryMemory.Of(
                QueryMemory.Read(values, MemoryShare, MemoryMost), DecodedBytesMax, StatementsMax + SlowMax),
            QueryTimeout = values.Read("query-timeout", Adapters.Http.Query.QueryTimeout.Parse),
            Ingest = ReadIngest(values),
            BodiesBytesMax = Positive(values, "bodies-max"),
            ShipBytes = Positive(values, "ship-bytes"),
            ShipDelay = values.Duration("ship-delay"),
            ShipRate = values.OptionalText("ship-rate") is null ? null : Positive(values, "ship-rate"),
            ShipHours = values.OptionalText("ship-hours") is null
                ? null : values.Read("ship-hours", ShipHours.Parse),
            ScrubRate = values.Bytes("scrub-rate"),
            DiskBytesMax = diskMax,
            LogLevel =
                values.Read("log-level", text => Enum.TryParse(text, ignoreCase: true, out LogLevel level)
                ? level
                : throw new FormatException("use trace, debug, information, warning, error or none")),
        };
    }

    private static int ReadZstdLevel(FlagValues values)
    {
        int level = values.Number("zstd-level", least: 1);
        return level <= SegmentOptions.ZstdLevelMax
            ? level
            : throw new TsDbException(
                ErrorKind.Invalid, $"--zstd-level must be at most {SegmentOptions.ZstdLevelMax}");
    }

    private static IngestLimits ReadIngest(FlagValues values) => new()
    {
        BodyBytesMax = values.Bytes("body-max") is > 0 and <= BodyBytesLargest and long bytes
            ? (int)bytes
            : throw new TsDbException(
                ErrorKind.Invalid, "--body-max must be above zero and at most 1GiB"),
        DaysPerRequestMax = values.Number("days-max", least: 1),
        DatabasesMax = values.Number("databases-max", least: 1),
        TablesPerDatabaseMax = values.Number("tables-max", least: 1),
        ColumnsPerTableMax = values.Number("columns-max", least: 1),
        TagValuesMax = values.Number("tag-values-max", least: 1),
        FutureMax = values.OptionalDuration("future-max"),
        PastMax = values.OptionalDuration("past-max"),
    };

    private static long Positive(FlagValues values, string flag) => values.Bytes(flag) is > 0 and long bytes
        ? bytes
        : throw new TsDbException(ErrorKind.Invalid, $"--{flag} must be above zero");

    private static TimeSpan Positive(TimeSpan value, string flag) => value > TimeSpan.Zero
        ? value
        : throw new TsDbException(ErrorKind.Invalid, $"--{flag} must be above zero");

    /// <summary>The host name made fit to be an id.</summary>
    private static EdgeId HostName()
    {
        string name = NotInIds().Replace(Environment.MachineName, "-");
        return new EdgeId(EdgeId.IsValid(name) ? name : "edge");
    }

    [GeneratedRegex("[^A-Za-z0-9_.-]")]
    private static partial Regex NotInIds();

    [GeneratedRegex("^[A-Za-z0-9_.-]{1,64}$")]
    private static partial Regex ClusterNames();
}
