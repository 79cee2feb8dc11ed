using TsDb.Adapters.Hosting;

namespace TsDb.Cloud;

/// <summary>The flags of <c>tsdb-cloud</c> with their defaults.</summary>
internal static class CloudFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("id", "",
            "Name of this node, [A-Za-z0-9_.-]{1,64}; at first the host name, then what the directory says"),
        new("data", "./cloud-data", "Data directory: segments, catalog, the cluster's configuration"),
        new("http", "127.0.0.1:8088", "Address for SQL, status and Flight"),
        new("flight", "127.0.0.1:8089", "Address for the other nodes: gRPC and Flight"),
        new("broker", "127.0.0.1:1884",
            "Address of the built-in broker for edges, or brokers to use instead (mqtt://host:port,...)"),
        new("cluster", "127.0.0.1:8090", "Address for founding, joining and the cluster's configuration"),
        new("advertise", "",
            "Host that the other nodes reach this one at, with the bound ports [the bound address]"),
        new("seeds",
            "", "Cluster addresses of the nodes to found or find a cluster with; none is a cluster of one"),
        new("cluster-name", "default", "Name of the cluster on the brokers"),
        new("replication", "3", "Copies of each segment (counts at the founding)"),
        new("write-quorum",
            "majority", "Copies on disk that make a segment durable: a number, or majority (counts at the "
            + "founding). With less than a majority quorum questions need more owners, with 1 all of them, "
            + "and so does an edge before it drops what it shipped"),
        new("query-memory", "",
            "Memory for queries, decoded columns included [half of the machine's]"),
        new("query-timeout", "60s",
            "Time that a query asked here may take, and the most that its timeout may ask for, to 1h; longer "
            + "is 408"),
        new("zone", "", "Failure zone of this node (rack, building): replicas spread over zones first"),
        new("weight", "1", "Share of the data that this node takes relative to the others, 0.01 to 100"),
        new("repair-rate", "64MiB", "Bytes a second this node fetches at most to repair or take over shards"),
        new("move-grace", "10s",
            "How long former owners of a shard go on storing after others took it over; files go later"),
        new("scrub-rate", "8MiB",
            "Bytes a second of stored segments that are read again and compared with their hashes; 0 is off"),
        new("compact-input", "64MiB",
            "Bytes of stored segments to read at a time to merge them into larger ones, to 128MiB; 0 is off"),
        new("disk-max", "", "Bytes the data directory may hold"),
        new("log-level", "information", "Least level of log lines on standard error"),
        new("insecure-bind", "false", "Allow addresses other than loopback although there is no TLS yet",
            IsSwitch: true),
    ];
}
