using TsDb.Load;
using TsDb.Load.Cluster;
using TsDb.Load.Fresh;
using TsDb.Load.Queries;
using TsDb.Load.Shipping;
using TsDb.Load.Wire;
using TsDb.Model;

// End to end: the shape "cpu" of the Time Series Benchmark Suite (10 tags, 10 integer fields, a row per host
// and 10 s) into an edge, through a cloud node, and back as SQL. LOAD_HOURS (24) and LOAD_HOSTS (100) size
// it. With "wire": the bytes of an uplink, everything counted, against gzipped line protocol (LOAD_HOURS: 6).
int Setting(string name, int otherwise) =>
    int.TryParse(Environment.GetEnvironmentVariable(name), out int value) && value > 0 ? value : otherwise;
if (args is ["mqtt"])
{
    // Single points from many clients: LOAD_CLIENTS (50), LOAD_MESSAGES (20,000 a round), LOAD_ROUNDS (3).
    await using MqttRun run = new(
        Setting("LOAD_CLIENTS", 50), Setting("LOAD_MESSAGES", 20_000), Setting("LOAD_ROUNDS", 3));
    return await run.RunAsync();
}

// The queries of the suite beside the rivals': LOAD_INSTANCES (8) of each type, LOAD_REPETITIONS (3) of each.
if (args is ["queries"])
{
    return await QueryRun.RunAsync(
        new CpuShape(Setting("LOAD_HOSTS", 100), Setting("LOAD_HOURS", 24)),
        Setting("LOAD_INSTANCES", 8), Setting("LOAD_REPETITIONS", 3));
}

// The same questions to one node and to three, over the rows of eight edges, LOAD_TURNS (5) times in turn,
// each LOAD_REPETITIONS (10) times: nobody else has the processor's caches then, as with one cluster;
// with LOAD_BUILDS=NAME=FOLDER,NAME=FOLDER to clusters of each of these builds (their artifacts/bin).
if (args is ["spread"])
{
    try
    {
        return await SpreadRun.RunAsync(
            SpreadBuild.Parse(Environment.GetEnvironmentVariable("LOAD_BUILDS")),
            Setting("LOAD_HOSTS", 100), Setting("LOAD_HOURS", 24),
            Setting("LOAD_INSTANCES", 4), Setting("LOAD_REPETITIONS", 10), Setting("LOAD_TURNS", 5));
    }
    catch (TsDbException e) when (e.Kind == ErrorKind.Invalid)
    {
        Console.Error.WriteLine(e.Message);
        return 2;
    }
}

if (args is ["cluster"]) return await ClusterRun.LossAsync(Setting("LOAD_MEBIBYTES", 512));
// The same questions to 1, 2, 4 and 8 nodes that have the same data, LOAD_REPETITIONS (20) times each: with
// one copy and with two, or with LOAD_COPIES only.
if (args is ["scale"])
{
    int copies = Setting("LOAD_COPIES", 0);
    return await ScaleRun.RunAsync(
        [1, 2, 4, 8], copies == 0 ? [1, 2] : [copies], Setting("LOAD_REPETITIONS", 20));
}

if (args is ["catalog"])
    return await ClusterRun.CatalogAsync([1_000, 10_000, Setting("LOAD_SEGMENTS", 30_000)]);
// Fresh questions over many edges: LOAD_EDGES (100), of which LOAD_DEAD (10) are dead.
if (args is ["fresh"])
    return await new FreshRun(Setting("LOAD_EDGES", 100), Setting("LOAD_DEAD", 10)).RunAsync();

if (args is ["edge"])
{
    // An edge alone: what its ingest costs, without the rivals and the rest of the way.
    await Comparison.EdgeAsync(new CpuShape(Setting("LOAD_HOSTS", 100), Setting("LOAD_HOURS", 24)));
    return 0;
}

// After an outage of the uplink: LOAD_VALUES (50,000,000). Many edges in one process: LOAD_EDGES (1,000) and
// a tenth and a hundredth of them. Sealing and compacting, and writes beside it: LOAD_SECONDS (40).
if (args is ["drain"])
    return await DrainRun.RunAsync(Setting("LOAD_VALUES", 50_000_000), CancellationToken.None);
if (args is ["fleet"])
{
    int edges = Setting("LOAD_EDGES", 1_000);
    int[] counts = [edges / 100, edges / 10, edges];
    return await FleetRun.RunAsync(counts.Where(count => count > 0), CancellationToken.None);
}

if (args is ["seal"]) return await SealRun.RunAsync(Setting("LOAD_SECONDS", 40), CancellationToken.None);
if (args is not ([] or ["wire"]))
{
    Console.Error.WriteLine("""
        TsDb.Load [BENCH]: one of mqtt, queries, spread, cluster, scale, catalog, fresh, edge, drain, fleet,
        seal, wire; without one the load from end to end. Sizes are variables of the environment (LOAD_HOSTS,
        LOAD_HOURS and others): bench/TsDb.Load/Program.cs tells which.
        """);
    return 2;
}

if (args is [])
    return await LoadRun.RunAsync(new CpuShape(Setting("LOAD_HOSTS", 100), Setting("LOAD_HOURS", 24)));
return await WireRun.RunAsync(
[
    WireScenarios.Cpu(100, Setting("LOAD_HOURS", 6)),
    WireScenarios.Iot(200, Setting("LOAD_HOURS", 6) / 2),
    .. WireScenarios.RealFile() is { } real ? [WireScenarios.Real(real)] : Array.Empty<WireScenario>(),
    WireScenarios.CpuEvery(10, 40),
    WireScenarios.CpuEvery(60, 40),
    WireScenarios.IotEvery(10, 40),
    WireScenarios.IotEvery(60, 40),
]);
