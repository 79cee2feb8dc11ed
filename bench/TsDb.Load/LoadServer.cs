using TsDb.Cli.Demo;

namespace TsDb.Load;

/// <summary>A server that takes line protocol over HTTP: how to start it and what to ask of it.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Command">The words that start it.</param>
/// <param name="Port">Where it listens on 127.0.0.1.</param>
/// <param name="ReadyPath">Answers with success once it takes requests.</param>
/// <param name="WritePath">Where lines go.</param>
/// <param name="Before">A POST before the load; null for none.</param>
/// <param name="After">A POST that ends the load: what was taken goes to its place; null for none.</param>
internal sealed record LoadServer(
    string Name, IReadOnlyList<string> Command, int Port, string ReadyPath, string WritePath,
    string? Before = null, string? After = null)
{
    public Uri Url => new($"http://127.0.0.1:{Port}");

    public static LoadServer Edge(DirectoryInfo folder, int port) => new(
        "tsdb-edge",
        [
            .. Programs.Find("tsdb-edge"), "--id", "lone", "--data", Path.Combine(folder.FullName, "data"),
            "--http", $"127.0.0.1:{port}", "--mqtt", "off",
        ],
        port, "/ready", "/write?db=bench&precision=ns", After: "/api/v1/flush");

    /// <summary>VictoriaMetrics, which answers before the disk has the rows; null if it is not
    /// there.</summary>
    public static LoadServer? VictoriaMetrics(DirectoryInfo folder, int port) =>
        OnPath("victoria-metrics") is not { } program ? null : new LoadServer(
            "VictoriaMetrics",
            [
                program, $"-storageDataPath={folder.FullName}/data", $"-httpListenAddr=127.0.0.1:{port}",
                "-retentionPeriod=100y", "-loggerLevel=WARN",
            ],
            port, "/health", "/write", After: "/internal/force_flush");

    /// <summary>InfluxDB 1.x with its log synced, as it comes; null if it is not there.</summary>
    public static LoadServer? Influx(DirectoryInfo folder, int port, int innerPort)
    {
        if (OnPath("influxd") is not { } program) return null;
        string settings = Path.Combine(folder.FullName, "influx.conf");
        File.WriteAllText(settings, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:{innerPort}"
            [meta]
              dir = "{folder.FullName}/meta"
            [data]
              dir = "{folder.FullName}/data"
              wal-dir = "{folder.FullName}/wal"
              query-log-enabled = false
              cache-snapshot-write-cold-duration = "2s"
            [monitor]
              store-enabled = false
            [http]
              bind-address = "127.0.0.1:{port}"
              log-enabled = false
            [subscriber]
              enabled = false
            [continuous_queries]
              enabled = false
            """);
        return new LoadServer(
            "InfluxDB 1", [program, "-config", settings], port, "/ping", "/write?db=bench&precision=ns",
            Before: "/query?q=CREATE%20DATABASE%20bench");
    }

    private static string? OnPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':').Append("/usr/sbin").Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);
}
