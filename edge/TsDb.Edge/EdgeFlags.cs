using TsDb.Adapters.Hosting;

namespace TsDb.Edge;

/// <summary>The flags of <c>tsdb-edge</c> with their defaults.</summary>
internal static class EdgeFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("id", "",
            "Name of this edge, [A-Za-z0-9_.-]{1,64} (else the data directory's, at first the host name)"),
        new("data", "./edge-data", "Data directory: log, segments, ledger"),
        new("http", "127.0.0.1:8086", "Address for line protocol, SQL and status"),
        new("mqtt", "127.0.0.1:1883", "Address of the built-in broker for sensors, or off"),
        new("sensors", "", "Broker to subscribe to for sensors instead (mqtt://host:port)"),
        new("mqtt-rules", "",
            "Rule file (JSON) of what becomes of sensors' topics; try it with tsdb mqtt-rules check"),
        new("uplink", "", "Brokers to ship to, tried in turn (mqtt://host:port,...); none is stand-alone"),
        new("cluster-name", "default", "Name of the cluster on the brokers"),
        new("seal-bytes", "64MiB", "Seal the buffer into segments at this size"),
        new("seal-age", "60s", "Seal the buffer when its oldest point has waited this long"),
        new("zstd-level", "3", "How hard segments are compressed: 1 (fast) to 19 (small)"),
        new("ship-bytes", "8MiB", "Cut a shipment when a cell's segments have this size"),
        new("ship-delay", "10s", "Cut a shipment this long after the seal at the latest"),
        new("ship-rate", "", "Bytes per second that shipping may use"),
        new("ship-hours", "",
            "Hours in which shipping may send, UTC unless a time zone follows (22:00-06:00 Europe/Berlin)"),
        new("memory-max", "256MiB", "Memory for points, seals included; beyond it writes wait, then get 503"),
        new("query-memory", "",
            "Memory for queries, decoded columns included [a quarter of the machine's, at most 1GiB]"),
        new("query-timeout", "60s",
            "Time that a query may take, and the most that its timeout may ask for, to 1h; longer is 408"),
        new("body-max", "32MiB", "Bytes of one request, unpacked; more is 413"),
        new("bodies-max", "64MiB", "Bytes of requests that are read or parsed at a time; others wait"),
        new("days-max", "1000", "Days that the points of one request may lie on; more is 413"),
        new("databases-max", "1000", "Databases of this edge; points for more are refused"),
        new("tables-max", "10000", "Tables of a database; points for more are refused"),
        new("columns-max", "1000", "Tags and fields of a table; points with more are refused"),
        new("tag-values-max", "2000000",
            "Values that a tag of a table may get within a day; points with more are refused"),
        new("future-max", "", "Refuse points that are further ahead of this node's clock (1d)"),
        new("past-max", "", "Refuse points that are further behind this node's clock (365d)"),
        new("disk-max", "", "Bytes the data directory may hold; beyond it writes get 503"),
        new("disk-reserve", "32MiB", "Bytes of the disk that writes leave free, for seals and shipping"),
        new("retain", "", "Drop shipped days, each whole, whose newest point is older than this (7d)"),
        new("when-full", "reject",
            "What a full disk does: reject writes, or drop-shipped segments, oldest first"),
        new("scrub-rate", "1MiB",
            "Bytes a second of stored segments that are read again and compared with their hashes; 0 is off"),
        new("log-level", "information", "Least level of log lines on standard error"),
        new("insecure-bind", "false", "Allow addresses other than loopback although there is no TLS yet",
            IsSwitch: true),
    ];
}
