using System.Collections.Immutable;
using TsDb.Storage.Ingest;

namespace TsDb.Storage.Sensors;

/// <summary>One rule of a rule file.</summary>
internal static class RuleReader
{
    private const string PathRoot = "$.";

    private static readonly (string, TimePrecision)[] Units =
    [
        ("ns", TimePrecision.Nanoseconds), ("us", TimePrecision.Microseconds),
        ("ms", TimePrecision.Milliseconds), ("s", TimePrecision.Seconds), ("auto", TimePrecision.Auto),
    ];

    public static SensorRule Read(RuleMembers members, string place)
    {
        members.Allow(
            "name", "topic", "ignore", "payload", "database", "table", "field", "type", "tags", "fields",
            "time", "precision", "separator");
        TopicPattern topic = members.Read("topic", TopicPattern.Parse)
            ?? throw new FormatException($"{members.PlaceOf("topic")}: a rule needs a topic");
        string name = members.Text("name") ?? $"{place} {topic.Text}";
        if (members.Switch("ignore"))
        {
            members.Allow("name", "topic", "ignore");
            return new SensorRule { Name = name, Topic = topic, IsIgnored = true };
        }

        PayloadKind payload = Payload(members);
        Forbid(members, payload);
        List<(string, TextTemplate)> tags = [];
        ImmutableDictionary<string, string>.Builder tagPaths =
            ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach ((string tag, string text, string at) in members.Texts("tags"))
            AddTag(payload, tags, tagPaths, topic, (tag, text, at));
        TextTemplate? database = Template(members, "database", topic);
        TextTemplate? table = Template(members, "table", topic) ?? TableOf(members, payload, topic);
        TextTemplate? field = Template(members, "field", topic) ?? FieldOf(payload, topic);
        AddNamedLevels(topic, tags, tagPaths, [database, table, field, .. tags.Select(tag => tag.Item2)]);
        SensorRule rule = new()
        {
            Name = name,
            Topic = topic,
            Payload = payload,
            Type = ReadType(members),
            Tags = [.. tags],
            Json = Shape(members, tagPaths.ToImmutable()),
            Precision = members.Choice("precision", TimePrecision.Nanoseconds, Units),
        };
        if (database is not null) rule = rule with { Database = database };
        if (table is not null) rule = rule with { Table = table };
        return field is null ? rule : rule with { Field = field };
    }

    private static PayloadKind Payload(RuleMembers members) => members.Choice(
        "payload",
        members.Find("field") is null ? PayloadKind.Auto : PayloadKind.Value,
        ("auto", PayloadKind.Auto),
        ("value", PayloadKind.Value),
        ("json", PayloadKind.Json),
        ("points", PayloadKind.Points),
        ("lines", PayloadKind.Lines),
        ("sparkplug", PayloadKind.Sparkplug));

    private static ValueType ReadType(RuleMembers members) => members.Choice(
        "type",
        ValueType.Auto,
        ("auto", ValueType.Auto),
        ("float", ValueType.Float),
        ("integer", ValueType.Integer),
        ("unsigned", ValueType.Unsigned),
        ("boolean", ValueType.Boolean),
        ("string", ValueType.Text));

    // A member that the kind of payload has no use for is a misunderstanding better told at start.
    private static void Forbid(RuleMembers members, PayloadKind payload)
    {
        (string Name, PayloadKind[] Kinds)[] uses =
        [
            ("field", [PayloadKind.Value]),
            ("type", [PayloadKind.Value]),
            ("fields", [PayloadKind.Json]),
            ("time", [PayloadKind.Json]),
            ("separator", [PayloadKind.Json]),
            ("precision", [PayloadKind.Lines, PayloadKind.Points, PayloadKind.Auto]),
            ("table", [PayloadKind.Value, PayloadKind.Json, PayloadKind.Points, PayloadKind.Auto,
                PayloadKind.Sparkplug]),
            ("tags", [PayloadKind.Value, PayloadKind.Json, PayloadKind.Points, PayloadKind.Auto,
                PayloadKind.Sparkplug]),
        ];
        foreach ((string name, PayloadKind[] kinds) in uses)
        {
            if (members.Find(name) is null || kinds.Contains(payload)) continue;
            string allowed = string.Join(" or ", kinds.Select(kind =>
                $"\"{kind.ToString().ToLowerInvariant()}\""));
            throw new FormatException(
                $"{members.PlaceOf(name)}: has a meaning only with payload {allowed}, "
                + $"not \"{payload.ToString().ToLowerInvariant()}\"");
        }
    }

    private static void AddTag(
        PayloadKind payload,
        List<(string, TextTemplate)> tags,
        ImmutableDictionary<string, string>.Builder paths,
        TopicPattern topic,
        (string Name, string Text, string Place) tag)
    {
        RequireTagName(tag.Name, tag.Place);
        if (tag.Text.StartsWith(PathRoot, StringComparison.Ordinal))
        {
            if (payload != PayloadKind.Json)
                throw new FormatException($"{tag.Place}: a path ($.) needs payload \"json\"");
            AddPath(paths, tag.Text, tag.Name, tag.Place);
            return;
        }

        tags.Add((tag.Name, TemplateOf(tag.Text, tag.Place, topic)));
    }

    /// <summary>Every named level that nothing else of the rule uses is a tag of its name.</summary>
    private static void AddNamedLevels(
        TopicPattern topic,
        List<(string Name, TextTemplate)> tags,
        ImmutableDictionary<string, string>.Builder paths,
        IEnumerable<TextTemplate?> used)
    {
        string[] names = [.. used.OfType<TextTemplate>().SelectMany(template => template.Names)];
        foreach (string name in topic.Names)
        {
            if (names.Contains(name) || name.StartsWith('_')) continue;
            if (tags.Any(tag => tag.Name == name) || paths.ContainsValue(name)) continue;
            RequireTagName(name, $"topic {topic.Text}");
            tags.Add((name, TextTemplate.Parse($"{{{name}}}")));
        }
    }

    private static JsonShape Shape(RuleMembers members, ImmutableDictionary<string, string> tagPaths)
    {
        JsonShape shape = new() { Tags = tagPaths, Separator = members.Text("separator") ?? "_" };
        if (members.Find("fields") is not null)
        {
            ImmutableDictionary<string, string>.Builder fields =
                ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            foreach ((string field, string path, string place) in members.Texts("fields"))
                AddPath(fields, path, field, place);
            shape = shape with { Fields = fields.ToImmutable() };
        }

        if (members.Find("time") is not { } element) return shape;
        RuleMembers time = new(element, members.PlaceOf("time"), "must be {\"field\": ..., \"unit\": ...}");
        time.Allow("field", "unit", "required");
        string at = time.Text("field")
            ?? throw new FormatException($"{time.PlaceOf("field")}: which field holds the time?");
        return shape with
        {
            TimePath = at.StartsWith(PathRoot, StringComparison.Ordinal) ? at[PathRoot.Length..] : at,
            TimeUnit = time.Choice("unit", TimePrecision.Auto, Units),
            TimeIsRequired = time.Switch("required"),
        };
    }

    private static TextTemplate? TableOf(RuleMembers members, PayloadKind payload, TopicPattern topic) =>
        payload switch
        {
            PayloadKind.Lines => null,
            PayloadKind.Sparkplug => TextTemplate.Parse("sparkplug"),
            _ when topic.FirstLiteral is { Length: > 0 } first => TextTemplate.Parse(first),
            _ => throw new FormatException(
                $"{members.PlaceOf("table")}: needed, because the topic does not begin with a literal level"),
        };

    private static TextTemplate? FieldOf(PayloadKind payload, TopicPattern topic) =>
        payload == PayloadKind.Value && topic.LastLiteral is { Length: > 0 } last
            ? TextTemplate.Parse(last)
            : null;

    private static TextTemplate? Template(RuleMembers members, string name, TopicPattern topic) =>
        members.Text(name) is { } text ? TemplateOf(text, members.PlaceOf(name), topic) : null;

    private static TextTemplate TemplateOf(string text, string place, TopicPattern topic)
    {
        try
        {
            if (text.Length == 0) throw new FormatException("cannot be empty");
            TextTemplate template = TextTemplate.Parse(text);
            string? unknown = template.Names.FirstOrDefault(name => !topic.Names.Contains(name));
            return unknown is null
                ? template
                : throw new FormatException($"the topic '{topic.Text}' has no {{{unknown}}}");
        }
        catch (FormatException error)
        {
            throw new FormatException($"{place}: {error.Message}", error);
        }
    }

    private static void AddPath(
        ImmutableDictionary<string, string>.Builder paths, string text, string name, string place)
    {
        if (!text.StartsWith(PathRoot, StringComparison.Ordinal) || text.Length == PathRoot.Length)
            throw new FormatException(
                $"{place}: write a path into the payload, such as $.values.temperature");
        string path = text[PathRoot.Length..];
        if (!paths.TryAdd(path, name))
            throw new FormatException($"{place}: {text} is taken already, for {paths[path]}");
    }

    private static void RequireTagName(string name, string place)
    {
        if (name is "time" or "_field" or "_measurement")
            throw new FormatException($"{place}: no tag can be called {name}");
    }
}
