using BenchmarkDotNet.Attributes;
using TsDb.Columnar;

namespace TsDb.Bench;

/// <summary>Writing and reading segments; an operation is one field value.</summary>
public class SegmentBenchmarks
{
    private const int Rows = 200_000;
    private const int Values = Rows * CpuShape.FieldCount;

    private SortedRun _run = null!;
    private byte[] _file = [];

    [Params(ValueKind.Integers, ValueKind.Decimals, ValueKind.Doubles)]
    public ValueKind Kind { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _run = KeyMerge.Merge(CpuShape.Facts.Cell.Table, CpuShape.Batches(Rows, 5000, Kind));
        _file = WriteFile();
        Console.WriteLine($"{Kind}: {(double)_file.Length / Values:F3} bytes per value");
    }

    [Benchmark(OperationsPerInvoke = Values)]
    public int Write() => WriteFile().Length;

    [Benchmark(OperationsPerInvoke = Values)]
    public int Read()
    {
        using SegmentReader reader = SegmentReader.Open(new MemoryStream(_file));
        return reader.Read().RowCount;
    }

    [Benchmark(OperationsPerInvoke = Values)]
    public int Verify()
    {
        using SegmentReader reader = SegmentReader.Open(new MemoryStream(_file));
        reader.Verify();
        return reader.RowGroupCount;
    }

    private byte[] WriteFile()
    {
        using MemoryStream file = new();
        SegmentWriter.Write(_run, CpuShape.Facts, file);
        return file.ToArray();
    }
}
