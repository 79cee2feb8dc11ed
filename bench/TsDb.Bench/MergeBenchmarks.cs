using BenchmarkDotNet.Attributes;
using TsDb.Columnar;

namespace TsDb.Bench;

/// <summary>The merge by key; an operation is one row of ten fields.</summary>
public class MergeBenchmarks
{
    private const int Rows = 200_000;

    private List<TableBatch> _requests = [];
    private List<TableBatch> _runs = [];
    private List<TableBatch> _rewritten = [];

    [GlobalSetup]
    public void SetUp()
    {
        _requests = CpuShape.Batches(Rows, 5000, ValueKind.Integers);
        _runs = [.. _requests.Chunk(10).Select(c => KeyMerge.Merge(CpuShape.Facts.Cell.Table, c).Batch)];
        _rewritten = [.. _requests[..20], .. _requests[..20]];
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public int Seal_of_requests() => Merge(_requests);

    [Benchmark(OperationsPerInvoke = Rows)]
    public int Cut_of_runs() => Merge(_runs);

    [Benchmark(OperationsPerInvoke = Rows)]
    public int Every_key_twice() => Merge(_rewritten);

    private static int Merge(List<TableBatch> batches) =>
        KeyMerge.Merge(CpuShape.Facts.Cell.Table, batches).RowCount;
}
