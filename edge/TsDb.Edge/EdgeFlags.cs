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
        new("uplink", "", "Brokers to ship to, tried in turn (mqtt://host:port,...); none is stand-alone"),
        new("cluster-name", "default", "Name of the cluster on the brokers"),
        new("seal-bytes", "64MiB", "Seal the buffer into segments at this size"),
        new("seal-age", "60s", "Seal the buffer when its oldest point has waited this long"),
        new("ship-bytes", "8MiB", "Cut a shipment when a cell's segments have this size"),
        new("ship-delay", "10s", "Cut a shipment this long after the seal at the latest"),
        new("ship-rate", "", "Bytes per second that shipping may use"),
        new("memory-max", "256MiB", "Memory for points; beyond it writes wait, then get 503"),
        new("disk-max", "", "Bytes the data directory may hold; beyond it writes get 503"),
        new("retain", "", "Drop shipped segments whose newest point is older than this (7d)"),
        new("when-full", "reject",
            "What a full disk does: reject writes, or drop-shipped segments, oldest first"),
        new("log-level", "information", "Least level of log lines on standard error"),
        new("insecure-bind", "false", "Allow addresses other than loopback although there is no TLS yet",
            IsSwitch: true),
    ];
}
