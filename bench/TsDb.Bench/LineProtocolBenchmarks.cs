using BenchmarkDotNet.Attributes;
using TsDb.Storage;
using TsDb.Storage.Ingest;

namespace TsDb.Bench;

/// <summary>Line protocol to batches; an operation is one line of ten tags and ten fields.</summary>
public class LineProtocolBenchmarks
{
    private const int Lines = 5000;

    private readonly IngestRules _rules = new() { Database = "db", Dialect = IngestDialect.V3 };
    private readonly IngestSetup _setup = new(
        new IngestLimits(), new NodeTime(TimeProvider.System), HashSeed: 1);
    private byte[] _body = [];

    [GlobalSetup]
    public void SetUp() => _body = CpuShape.Lines(Lines);

    [Benchmark(OperationsPerInvoke = Lines)]
    public int Parse() => LineProtocolIngest.Parse(_body, _rules, SchemaCatalog.Empty, _setup).Batches.Length;
}
