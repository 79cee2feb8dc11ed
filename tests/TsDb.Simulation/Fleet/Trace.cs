using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Microsoft.Extensions.Logging;
using TsDb.Simulation.Time;

namespace TsDb.Simulation.Fleet;

/// <summary>
/// Everything that happened, in order, as a fingerprint: equal for two runs of one seed. Where somebody wants
/// to read it, as text too, with what the programs logged.
/// </summary>
internal sealed class Trace(SimulatedTime time, TextWriter? text) : ILoggerFactory, ILogger
{
    private readonly XxHash128 _hash = new();
    private byte[] _buffer = new byte[256];

    /// <summary>Events so far.</summary>
    public long Count { get; private set; }

    /// <summary>Adds an event.</summary>
    public void Add(string happened, ReadOnlySpan<byte> payload = default)
    {
        Count++;
        int length = Encoding.UTF8.GetMaxByteCount(happened.Length) + sizeof(long);
        if (_buffer.Length < length) _buffer = new byte[length];
        BitConverter.TryWriteBytes(_buffer, time.Elapsed.Ticks);
        int used = sizeof(long) + Encoding.UTF8.GetBytes(happened, _buffer.AsSpan(sizeof(long)));
        _hash.Append(_buffer.AsSpan(0, used));
        _hash.Append(payload);
        if (text is null) return;
        string more = payload.IsEmpty
            ? ""
            : $" ({payload.Length} bytes {XxHash32.HashToUInt32(payload):x8})";
        Write(happened + more);
    }

    /// <summary>True if somebody reads the text.</summary>
    public bool IsRead => text is not null;

    /// <summary>Something for the reader only.</summary>
    public void Note(string what)
    {
        if (text is not null) Write($"  {what}");
    }

    /// <summary>The fingerprint so far.</summary>
    public override string ToString() => $"{Count}:{_hash.GetCurrentHashAsUInt128():x32}";

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => text is not null;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (text is not null) Write($"  log {formatter(state, exception)} {exception?.Message}");
    }

    public void Dispose()
    {
    }

    private void Write(string line) => text!.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{time.Elapsed.TotalSeconds,9:0.000} {line}"));
}
