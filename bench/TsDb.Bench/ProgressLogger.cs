using BenchmarkDotNet.Loggers;

namespace TsDb.Bench;

/// <summary>One line a benchmark, so that a long run is seen to go on; the table comes at the end.</summary>
public sealed class ProgressLogger : ILogger
{
    public string Id => nameof(ProgressLogger);

    public int Priority => 0;

    public void Write(LogKind logKind, string text)
    {
        if (logKind == LogKind.Error) Console.Error.Write(text);
    }

    public void WriteLine()
    {
    }

    public void WriteLine(LogKind logKind, string text)
    {
        if (logKind == LogKind.Error) Console.Error.WriteLine(text);
        else if (text.StartsWith("// Benchmark: ", StringComparison.Ordinal)) Console.WriteLine(text[3..]);
    }

    public void Flush()
    {
    }
}
