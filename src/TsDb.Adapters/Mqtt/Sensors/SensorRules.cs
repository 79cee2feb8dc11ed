using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// How the topics that sensors publish on map to databases, tables and tags: the first rule that applies
/// counts.
/// </summary>
/// <remarks>
/// The rules without a rule file:
/// <list type="number">
/// <item><c>tsdb/write/{database}</c> and <c>tsdb/write/{database}/{precision}</c> (ns, us, ms, s): that
/// database.</item>
/// <item>Topics below <c>$</c> and <c>tsdb/</c> otherwise carry no points: refused on the edge's own broker,
/// passed over on another.</item>
/// <item>Every other topic: database <c>default</c>. Line protocol says its tables itself. For JSON a leading
/// <c>sensors/</c> is dropped; the first level is the table, a level <c>name=value</c> is a tag, and the
/// other levels together are the tag <c>sensor</c>: <c>sensors/weather/roof/north</c> is table weather,
/// sensor roof/north.</item>
/// </list>
/// A payload that starts with '{' or '[' is JSON, any other is line protocol, with times in nanoseconds
/// unless the topic says otherwise. Times in JSON are taken by their size.
/// </remarks>
public sealed class SensorRules(ImmutableArray<SensorRule> rules)
{
    private const string WriteRoot = "tsdb/write/";
    private const string OwnRoot = "tsdb/";
    private const string SensorsRoot = "sensors/";
    private const string DefaultDatabase = "default";
    private const string SensorTag = "sensor";

    /// <summary>The rules without a rule file.</summary>
    public static SensorRules Default { get; } = new(
    [
        new SensorRule("write", ResolveWrite),
        new SensorRule("any", ResolveAny),
    ]);

    /// <summary>The target of a topic; null if its messages carry no points.</summary>
    public SensorTarget? Resolve(string topic)
    {
        foreach (SensorRule rule in rules)
        {
            SensorTarget? target = rule.Resolve(topic);
            if (target is not null) return target;
        }

        return null;
    }

    private static SensorTarget? ResolveWrite(string topic)
    {
        if (!topic.StartsWith(WriteRoot, StringComparison.Ordinal)) return null;
        string[] levels = topic[WriteRoot.Length..].Split('/');
        TimePrecision? precision = levels.Length == 1 ? TimePrecision.Nanoseconds : levels[1] switch
        {
            "ns" => TimePrecision.Nanoseconds,
            "us" => TimePrecision.Microseconds,
            "ms" => TimePrecision.Milliseconds,
            "s" => TimePrecision.Seconds,
            _ => null,
        };
        if (levels.Length > 2 || precision is null || !IngestRules.IsDatabaseName(levels[0]))
            throw new TsDbException(
                ErrorKind.Invalid, $"topic '{topic}' is not {WriteRoot}database[/ns|us|ms|s]");
        return new SensorTarget(levels[0], precision.Value, new SensorJsonRules(levels[0], []));
    }

    private static SensorTarget? ResolveAny(string topic)
    {
        if (topic.StartsWith('$') || topic.StartsWith(OwnRoot, StringComparison.Ordinal)) return null;
        string named =
            topic.StartsWith(SensorsRoot, StringComparison.Ordinal) ? topic[SensorsRoot.Length..] : topic;
        string[] levels = named.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string table = levels.Length == 0 ? topic : levels[0];
        List<KeyValuePair<string, string>> tags = [];
        List<string> unnamed = [];
        foreach (string level in levels.Skip(1))
        {
            int equals = level.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && equals < level.Length - 1)
                tags.Add(new(level[..equals], level[(equals + 1)..]));
            else unnamed.Add(level);
        }

        if (unnamed.Count > 0) tags.Add(new(SensorTag, string.Join('/', unnamed)));
        return new SensorTarget(DefaultDatabase, TimePrecision.Nanoseconds, new SensorJsonRules(table, tags));
    }
}
