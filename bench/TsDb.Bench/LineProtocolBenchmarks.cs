using BenchmarkDotNet.Attributes;
using TsDb.Codec.LineProtocol;
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
    private readonly List<byte[]> _keys = [];
    private readonly FieldGuesses _guesses = new();
    private readonly long[] _bits = new long[16];
    private byte[] _body = [];

    [GlobalSetup]
    public void SetUp()
    {
        _body = CpuShape.Lines(Lines);
        LineReader reader = new(_body);
        while (_keys.Count < CpuShape.Hosts && reader.NextLine())
        {
            reader.ReadKey(out ReadOnlySpan<byte> key);
            _keys.Add(key.ToArray());
            while (reader.NextField())
            {
                if (_keys.Count == 1) _guesses.Add(reader.FieldNameAssigned, reader.FieldType);
            }

            reader.ReadTime(out _, out _);
        }
    }

    /// <summary>The parser alone: bytes to numbers, nothing kept. A line has 350 bytes.</summary>
    [Benchmark(OperationsPerInvoke = Lines)]
    public long Read()
    {
        LineReader reader = new(_body);
        long sum = 0;
        for (int line = 0; reader.NextLine(); line++)
        {
            if (!reader.TryReadKey(_keys[line % _keys.Count]))
                throw new InvalidOperationException("the series do not come in their order");
            sum += reader.ReadUsual(_guesses, _bits);
            while (reader.NextField()) sum += reader.FieldBits;
            reader.ReadTime(out _, out long time);
            sum += time;
        }

        return sum;
    }

    /// <summary>Bytes to batches.</summary>
    [Benchmark(OperationsPerInvoke = Lines)]
    public int Parse() => LineProtocolIngest.Parse(_body, _rules, SchemaCatalog.Empty, _setup).Batches.Length;
}
