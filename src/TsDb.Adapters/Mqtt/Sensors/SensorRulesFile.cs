using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Sensors;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// The rule file while the node runs: looked at every second, so that an edited file, a renamed one and one
/// behind a symbolic link count alike. A wrong or missing file leaves the rules before it in force.
/// </summary>
public sealed class SensorRulesFile
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SensorRulesSource _rules;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private (DateTime, long)? _seen;
    private string? _error;
    private long _reloads;

    /// <summary>Begins with the rules that were read at start.</summary>
    public SensorRulesFile(
        string path, SensorRulesSource rules, TimeProvider clock, ILoggerFactory loggers)
    {
        (Path, _rules, _clock) = (path, rules, clock);
        _log = loggers.CreateLogger("TsDb.Mqtt.Sensors");
        TakenAt = clock.GetUtcNow();
        Log.RulesTaken(_log, path, rules.Current.Rules.Length);
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>When the rules in force were read.</summary>
    public DateTimeOffset TakenAt { get; private set; }

    /// <summary>Why the file as it is now is not in force; null if it is.</summary>
    public string? Error => Volatile.Read(ref _error);

    /// <summary>How often new rules were taken since start.</summary>
    public long Reloads => Volatile.Read(ref _reloads);

    /// <summary>
    /// Reads a rule file; throws <see cref="ErrorKind.Invalid"/> with the place and the reason.
    /// </summary>
    public static SensorRules Read(string path)
    {
        try
        {
            FileInfo file = new(path);
            if (file.Length > RuleFile.BytesMax)
                throw new TsDbException(ErrorKind.Invalid,
                    $"the file has more than {RuleFile.BytesMax} bytes");
            return RuleFile.Parse(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TsDbException(ErrorKind.Invalid, error.Message, error);
        }
    }

    /// <summary>Watches the file until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        // What was read at start may be older than the file is by now, so the first look takes it once more.
        while (await timer.WaitForNextTickAsync(stop)) Look();
    }

    /// <summary>Takes the file if it is another one than before.</summary>
    internal void Look()
    {
        FileInfo file = new(Path);
        (DateTime, long) now = file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
        if (_seen == now) return;
        bool isFirst = _seen is null;
        _seen = now;
        try
        {
            SensorRules rules = Read(Path);
            _error = null;
            _rules.Current = rules;
            if (isFirst) return;
            TakenAt = _clock.GetUtcNow();
            Interlocked.Increment(ref _reloads);
            Log.RulesTaken(_log, Path, rules.Rules.Length);
        }
        catch (TsDbException error)
        {
            Volatile.Write(ref _error, error.Message);
            Log.RulesWrong(_log, $"{Path}: {error.Message}");
        }
    }
}
