using TsDb.Load;

// End to end: the shape "cpu" of the Time Series Benchmark Suite (10 tags, 10 integer fields, a row per host
// and 10 s)
// into an edge, through a cloud node, and back as SQL. LOAD_HOURS (24) and LOAD_HOSTS (100) size it.
int Setting(string name, int otherwise) =>
    int.TryParse(Environment.GetEnvironmentVariable(name), out int value) && value > 0 ? value : otherwise;
if (args is ["mqtt"])
{
    // Single points from many clients: LOAD_CLIENTS (50), LOAD_MESSAGES (20,000 a round), LOAD_ROUNDS (3).
    await using MqttRun run = new(
        Setting("LOAD_CLIENTS", 50), Setting("LOAD_MESSAGES", 20_000), Setting("LOAD_ROUNDS", 3));
    return await run.RunAsync();
}

return await LoadRun.RunAsync(new CpuShape(Setting("LOAD_HOSTS", 100), Setting("LOAD_HOURS", 24)));
