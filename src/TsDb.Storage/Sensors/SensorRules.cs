using System.Collections.Concurrent;
using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Ingest;

namespace TsDb.Storage.Sensors;

/// <summary>
/// How the topics that sensors publish on map to databases, tables, tags and fields: the first rule that
/// applies counts. Immutable but for a bounded memory of the topics seen.
/// </summary>
/// <remarks>
/// The rules without a rule file:
/// <list type="number">
/// <item><c>tsdb/write/{database}</c> and <c>tsdb/write/{database}/{precision}</c> (ns, us, ms, s): that
/// database.</item>
/// <item>Topics below <c>$</c> and <c>tsdb/</c> otherwise carry no points: refused on the edge's own broker,
/// passed over on another.</item>
/// <item>Topics below <c>spBv1.0/</c>: Sparkplug B, into table <c>sparkplug</c> of database
/// <c>default</c>.</item>
/// <item>Every other topic: database <c>default</c>. Line protocol says its tables itself. For JSON a leading
/// <c>sensors/</c> is dropped; the first level is the table, a level <c>name=value</c> is a tag, and the
/// other levels together are the tag <c>sensor</c>: <c>sensors/weather/roof/north</c> is table weather,
/// sensor roof/north.</item>
/// </list>
/// A payload that starts with '{' or '[' is JSON, any other is line protocol, with times in nanoseconds
/// unless the topic says otherwise. Times in JSON are taken by their size.
/// </remarks>
public sealed class SensorRules(ImmutableArray<SensorRule> rules, UnmatchedTopics unmatched)
{
    private const string WriteRoot = "tsdb/write/";
    private const string OwnRoot = "tsdb/";
    private const string SensorsRoot = "sensors/";
    private const string DefaultDatabase = "default";
    private const string SensorTag = "sensor";
    private const string SparkplugTable = "sparkplug";
    private const int TopicsKeptMax = 10_000;
    private const int TopicCharsKeptMax = 256;

    private readonly ConcurrentDictionary<string, MessageTarget> _known = new(StringComparer.Ordinal);
    private int _knownCount;

    /// <summary>The rules without a rule file.</summary>
    public static SensorRules Default { get; } = new([], UnmatchedTopics.BuiltIn);

    /// <summary>The rules, first match wins.</summary>
    public ImmutableArray<SensorRule> Rules => rules;

    /// <summary>What becomes of messages that no rule is for.</summary>
    public UnmatchedTopics Unmatched => unmatched;

    /// <summary>The target of a topic.</summary>
    public MessageTarget Resolve(string topic)
    {
        if (_known.TryGetValue(topic, out MessageTarget? known)) return known;
        MessageTarget target = Find(topic);
        if (topic.Length > TopicCharsKeptMax) return target;
        if (Interlocked.Increment(ref _knownCount) > TopicsKeptMax)
        {
            _known.Clear();
            Volatile.Write(ref _knownCount, 1);
        }

        _known[topic] = target;
        return target;
    }

    private MessageTarget Find(string topic)
    {
        try
        {
            foreach (SensorRule rule in rules)
            {
                if (rule.Topic.TryMatch(topic, out ImmutableArray<string> values))
                    return Fill(rule, values);
            }

            return unmatched switch
            {
                UnmatchedTopics.Ignore => new MessageTarget { Rule = "default (ignore)", IsIgnored = true },
                UnmatchedTopics.Refuse => new MessageTarget
                {
                    Rule = "default (refuse)",
                    Refusal = $"no rule is for topic '{topic}'",
                },
                _ => BuiltIn(topic),
            };
        }
        catch (TsDbException error) when (error.Kind == ErrorKind.Invalid)
        {
            return new MessageTarget { Rule = "none", Refusal = $"topic '{topic}': {error.Message}" };
        }
    }

    private static MessageTarget Fill(SensorRule rule, ImmutableArray<string> values)
    {
        if (rule.IsIgnored) return new MessageTarget { Rule = rule.Name, IsIgnored = true };
        List<KeyValuePair<string, string>> tags = [];
        foreach ((string name, TextTemplate template) in rule.Tags)
        {
            string value = template.Fill(rule.Topic, values);
            if (value.Length > 0) tags.Add(new(name, value));
        }

        (IngestRules lines, IngestRules points) = MessageTarget.RulesOf(
            rule.Database.Fill(rule.Topic, values),
            rule.Precision,
            rule.Payload == PayloadKind.Auto ? TimePrecision.Auto : rule.Precision);
        return new MessageTarget
        {
            Rule = rule.Name,
            Payload = rule.Payload,
            Lines = lines,
            Points = points,
            Json = new SensorJsonRules(rule.Table.Fill(rule.Topic, values), tags),
            Field = rule.Field.Fill(rule.Topic, values),
            Type = rule.Type,
            Shape = rule.Json,
        };
    }

    private static MessageTarget BuiltIn(string topic)
    {
        if (topic.StartsWith(WriteRoot, StringComparison.Ordinal)) return BuiltInWrite(topic);
        if (topic.StartsWith('$') || topic.StartsWith(OwnRoot, StringComparison.Ordinal))
        {
            return new MessageTarget
            {
                Rule = "built-in (own topics)",
                IsForeign = true,
                Refusal = $"topic '{topic}' is not one that points come on",
            };
        }

        if (topic.StartsWith(SparkplugTopic.Root, StringComparison.Ordinal))
        {
            return BuiltInTarget(
                "built-in (Sparkplug)", DefaultDatabase, TimePrecision.Nanoseconds,
                new SensorJsonRules(SparkplugTable, [])) with
            { Payload = PayloadKind.Sparkplug };
        }

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
        return BuiltInTarget(
            "built-in (any topic)", DefaultDatabase, TimePrecision.Nanoseconds,
            new SensorJsonRules(table, tags));
    }

    private static MessageTarget BuiltInWrite(string topic)
    {
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
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"it is not {WriteRoot}database[/ns|us|ms|s]");
        }

        return BuiltInTarget(
            "built-in (write)", levels[0], precision.Value, new SensorJsonRules(levels[0], []));
    }

    private static MessageTarget BuiltInTarget(
        string rule, string database, TimePrecision precision, SensorJsonRules json)
    {
        (IngestRules lines, IngestRules points) =
            MessageTarget.RulesOf(database, precision, TimePrecision.Auto);
        return new MessageTarget { Rule = rule, Lines = lines, Points = points, Json = json };
    }
}
