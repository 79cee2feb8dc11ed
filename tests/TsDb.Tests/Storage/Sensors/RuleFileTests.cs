using System.Text;
using TsDb.Model;
using TsDb.Storage.Sensors;
using TsDb.Tests.Storage.Ingest;

namespace TsDb.Tests.Storage.Sensors;

public sealed class RuleFileTests
{
    private const string Example = """
        {
          // The first rule that fits counts.
          "rules": [
            { "name": "temperature", "topic": "sensors/{site}/{device}/temperature",
              "database": "plant", "table": "climate", "field": "temperature" },
            { "topic": "any/{table}/{field}/{_drop}/{rest#}", "table": "{table}", "field": "{field}",
              "tags": { "place": "at {rest}" } },
            { "topic": "typed/{device}", "payload": "value", "table": "t", "field": "v", "type": "integer" },
            { "topic": "json/{device}", "payload": "json", "separator": "/",
              "time": { "field": "meta.ts", "unit": "ms", "required": true },
              "tags": { "unit": "$.meta.unit", "site": "oslo" } },
            { "topic": "picked/{device}", "payload": "json", "table": "p",
              "fields": { "temperature": "$.values.0.t" } },
            { "topic": "points/{device}", "payload": "points", "table": "p" },
            { "topic": "lp/{db}", "payload": "lines", "database": "{db}", "precision": "s" },
            { "topic": "debug/#", "ignore": true },
          ],
          "default": "refuse",
        }
        """;

    [Theory]
    [InlineData("sensors/oslo/7/temperature", "21.5", "plant: climate[device=7,site=oslo] temperature=21.5")]
    [InlineData("sensors/oslo/7/temperature", " 21 \n", "plant: climate[device=7,site=oslo] temperature=21")]
    [InlineData("sensors/oslo/7/temperature", "true", "plant: climate[device=7,site=oslo] temperature=True")]
    [InlineData("sensors/oslo/7/temperature", "off", "plant: climate[device=7,site=oslo] temperature=off")]
    [InlineData("any/m/f/x/a/b", "1", "default: m[place=at a/b] f=1")]
    [InlineData("any/m/f/x", "1", "default: m[place=at ] f=1")]
    [InlineData("typed/7", "-12", "default: t[device=7] v=-12")]
    [InlineData("typed/7", "1.5", "refused: the payload '1.5' is not a whole number of 64 bits")]
    [InlineData("json/7", """{"meta":{"ts":1,"unit":"C"},"a":{"b":[1,true]},"n":null,"s":"x"}""",
        "default: json[device=7,site=oslo,unit=C] a/b/0=1,a/b/1=True,s=x 1000000")]
    [InlineData("json/7", """{"meta":{"ts":1700000000000.25},"a":1}""",
        "default: json[device=7,site=oslo] a=1 1700000000000250000")]
    [InlineData("json/7", """{"meta":{"ts":"2016-01-01T00:00:00Z"},"a":1}""",
        "default: json[device=7,site=oslo] a=1 1451606400000000000")]
    [InlineData("json/7", """{"a":1}""", "refused: the point has no time at $.meta.ts")]
    [InlineData("json/7", """{"meta":{"ts":"noon"},"a":1}""",
        "refused: bad time \"noon\" at $.meta.ts: write a number or an RFC 3339 text")]
    [InlineData("json/7", """{"meta":{"ts":1}}""", "refused: missing fields")]
    [InlineData("json/7", "7", "refused: the payload is JSON, but neither an object nor an array")]
    [InlineData("picked/7", """{"values":[{"t":4.5,"u":5}]}""", "default: p[device=7] temperature=4.5")]
    [InlineData("points/7", """{"tags":{"a":"b"},"fields":{"x":1},"time":1}""",
        "default: p[a=b,device=7] x=1 1")]
    [InlineData("lp/north", "m,a=b f=1i 5", "north: m[a=b] f=1 5000000000")]
    [InlineData("lp/north", "m f=", "refused: missing field value")]
    [InlineData("debug/x", "1", "ignored: rule rules[7] debug/# ignores it")]
    [InlineData("debug", "1", "ignored: rule rules[7] debug/# ignores it")]
    [InlineData("other", "m f=1", "refused: no rule is for topic 'other'")]
    public void A_message_becomes_what_its_rule_says(string topic, string payload, string expected) =>
        Assert.StartsWith(expected, Become(Rules(Example), topic, payload), StringComparison.Ordinal);

    [Theory]
    [InlineData("{", "line 1, column 2: not JSON")]
    [InlineData("{\n  \"rules\": [\n    {,\n", "line 3, column 6: not JSON")]
    [InlineData("[]", "a rule file is an object with \"rules\"")]
    [InlineData("{}", "rules: a list of rules is needed")]
    [InlineData("""{"rules":[],"defualt":"x"}""", "defualt: not known here; what is known: rules, default")]
    [InlineData("""{"rules":[],"default":"drop"}""", "default: 'drop' is none of built-in, ignore, refuse")]
    [InlineData("""{"rules":[{}]}""", "rules[0].topic: a rule needs a topic")]
    [InlineData("""{"rules":[{"topic":"a"},{"topic":"a"}]}""",
        "rules[1].topic: rule \"rules[0] a\" has the same topic and comes first")]
    [InlineData("""{"rules":[{"topic":"a/#/b"}]}""", "rules[0].topic: '#' may only be the last level")]
    [InlineData("""{"rules":[{"topic":"a/x+"}]}""", "rules[0].topic: level 'x+'")]
    [InlineData("""{"rules":[{"topic":"a/{x}/{x}"}]}""", "rules[0].topic: {x} stands twice")]
    [InlineData("""{"rules":[{"topic":"a/{x y}"}]}""", "rules[0].topic: '{x y}' is no name")]
    [InlineData("""{"rules":[{"topic":"a","table":"{y}"}]}""", "rules[0].table: the topic 'a' has no {y}")]
    [InlineData("""{"rules":[{"topic":"+/a"}]}""", "rules[0].table: needed")]
    [InlineData("""{"rules":[{"topic":"a","payload":"xml"}]}""", "rules[0].payload: 'xml' is none of")]
    [InlineData("""{"rules":[{"topic":"a","payload":"lines","table":"t"}]}""",
        "rules[0].table: has a meaning only with payload")]
    [InlineData("""{"rules":[{"topic":"a","field":"f","tags":{"x":"$.y"}}]}""",
        "rules[0].tags.x: a path ($.) needs payload \"json\"")]
    [InlineData("""{"rules":[{"topic":"a","payload":"json","fields":{"x":"y"}}]}""",
        "rules[0].fields.x: write a path")]
    [InlineData("""{"rules":[{"topic":"a","payload":"json","time":{"unit":"ms"}}]}""",
        "rules[0].time.field: which field holds the time?")]
    [InlineData("""{"rules":[{"topic":"a","payload":"json","time":{"field":"t","unit":"h"}}]}""",
        "rules[0].time.unit: 'h' is none of ns, us, ms, s, auto")]
    [InlineData("""{"rules":[{"topic":"a/{time}"}]}""", "topic a/{time}: no tag can be called time")]
    [InlineData("""{"rules":[{"topic":"a","ignore":true,"table":"t"}]}""", "rules[0].table: not known here")]
    [InlineData("""{"rules":[{"topic":7}]}""", "rules[0].topic: must be a text")]
    public void A_wrong_file_is_refused_with_place_and_reason(string file, string reason)
    {
        TsDbException error = Assert.Throws<TsDbException>(() => Rules(file));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.StartsWith(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "a/b/c", false)]
    [InlineData("a/+", "a/", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "ab", false)]
    [InlineData("#", "$SYS/x", false)]
    [InlineData("+/x", "$SYS/x", false)]
    [InlineData("$SYS/{x}", "$SYS/x", true)]
    [InlineData("{a}/{b#}", "x", true)]
    [InlineData("/+", "/x", true)]
    [InlineData("+", "/x", false)]
    public void Patterns_match_as_topic_filters_do(string pattern, string topic, bool matches) =>
        Assert.Equal(matches, TopicPattern.Parse(pattern).TryMatch(topic, out _));

    [Fact]
    public void Without_a_file_the_built_in_rules_hold()
    {
        Assert.Equal(
            "default: weather[sensor=roof] a=1 1000000000",
            Become(SensorRules.Default, "sensors/weather/roof", """{"a":1,"time":1}"""));
        Assert.Equal("plant: m[] f=1 5000000", Become(SensorRules.Default, "tsdb/write/plant/ms", "m f=1 5"));
        Assert.StartsWith(
            "refused: topic 'tsdb/x'", Become(SensorRules.Default, "tsdb/x", "m f=1 5"),
                StringComparison.Ordinal);
    }

    [Fact]
    public void A_level_cannot_become_a_database_that_is_none() => Assert.StartsWith(
        "refused: topic 'lp/..'", Become(Rules(Example), "lp/..", "m f=1"), StringComparison.Ordinal);

    [Fact]
    public void A_flood_of_topics_is_not_remembered_for_ever()
    {
        SensorRules rules = Rules(Example);
        for (int i = 0; i < 50_000; i++) rules.Resolve($"sensors/oslo/{i}/temperature");
        Assert.Equal(
            "plant: climate[device=7,site=oslo] temperature=1",
            Become(rules, "sensors/oslo/7/temperature", "1").Split(" 17")[0]);
    }

    private static SensorRules Rules(string file) => RuleFile.Parse(Encoding.UTF8.GetBytes(file));

    private static string Become(SensorRules rules, string topic, string payload)
    {
        MessageCheck check =
            MessageCheck.Of(rules, topic, Encoding.UTF8.GetBytes(payload), TimeProvider.System);
        if (check.Content.Kind == MessageContentKind.Nothing) return $"ignored: {check.Reason}";
        if (check.Parsed is not { RowCount: > 0 } parsed) return $"refused: {check.Reason}";
        return $"{(check.Target.Lines ?? check.Target.Points)!.Database}: {IngestRig.Text(parsed)}";
    }
}
