using BenchmarkDotNet.Attributes;
using TsDb.Columnar;

namespace TsDb.Bench;

/// <summary>
/// Table batches to the bytes of a log frame and back; an operation is one row of ten fields.
/// </summary>
public class BatchCodecBenchmarks
{
    private const int Rows = 5000;

    private List<TableBatch> _request = [];
    private List<TableBatch> _row = [];
    private byte[] _bytes = [];

    [GlobalSetup]
    public void SetUp()
    {
        _request = CpuShape.Batches(Rows, Rows, ValueKind.Integers);
        _row = CpuShape.Batches(1, 1, ValueKind.Integers);
        _bytes = BatchCodec.Encode(_request);
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public int Encode_a_request() => BatchCodec.Encode(_request).Length;

    [Benchmark(OperationsPerInvoke = Rows)]
    public int Decode_a_request() => BatchCodec.Decode(_bytes).Count;

    [Benchmark]
    public int Encode_a_single_row() => BatchCodec.Encode(_row).Length;
}
