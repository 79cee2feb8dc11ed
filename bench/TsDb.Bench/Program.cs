using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using TsDb.Bench;

// `--short` measures each case for about a second, for `make bench`; without it BenchmarkDotNet decides how
// long. Every other argument is BenchmarkDotNet's own, such as `--filter *Segment*`.
bool isShort = args.Contains("--short");
string[] rest = [.. args.Where(a => a != "--short")];
if (!rest.Contains("--filter")) rest = [.. rest, "--filter", "*"];

// In this process: the build of a generated project would measure a second restore.
Job job = (isShort ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
ManualConfig config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddLogger(isShort ? new ProgressLogger() : ConsoleLogger.Default)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddExporter(MarkdownExporter.Console, JsonExporter.Brief)
    .AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Params)
    .AddColumn(StatisticColumn.Mean, StatisticColumn.StdDev, new PerSecondColumn())
    .AddColumnProvider(DefaultColumnProviders.Metrics)
    .WithOptions(ConfigOptions.JoinSummary)
    .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "results"));
BenchmarkDotNet.Reports.Summary[] summaries =
    [.. BenchmarkSwitcher.FromAssembly(typeof(CpuShape).Assembly).Run(rest, config)];
if (isShort)
{
    foreach (BenchmarkDotNet.Reports.Summary summary in summaries)
        MarkdownExporter.Console.ExportToLog(summary, ConsoleLogger.Unicode);
}

return summaries.Length > 0 && summaries.All(s => s.Reports.All(r => r.Success)) ? 0 : 1;
