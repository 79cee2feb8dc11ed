using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using TsDb.Model;

namespace TsDb.Storage.Sensors;

/// <summary>
/// The rule file: a JSON object with <c>rules</c>, a list of objects, and <c>default</c>, what becomes of the
/// topics that no rule is for: <c>built-in</c>, <c>ignore</c> or <c>refuse</c>. Comments and trailing commas
/// are allowed.
/// </summary>
public static class RuleFile
{
    private const int RulesMax = 1_000;

    /// <summary>The largest rule file in bytes.</summary>
    public const int BytesMax = 1 << 20;

    private static readonly JsonDocumentOptions Reading = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 16,
    };

    /// <summary>
    /// Reads a rule file; throws <see cref="ErrorKind.Invalid"/> with the place (line, or path such as
    /// <c>rules[2].topic</c>) and the reason.
    /// </summary>
    public static SensorRules Parse(ReadOnlyMemory<byte> file)
    {
        try
        {
            if (file.Length > BytesMax) throw new FormatException($"the file has more than {BytesMax} bytes");
            if (file.Span.StartsWith("\uFEFF"u8)) file = file[3..];
            using JsonDocument document = JsonDocument.Parse(file, Reading);
            return Read(document.RootElement);
        }
        catch (JsonException error)
        {
            string place = string.Create(
                CultureInfo.InvariantCulture,
                $"line {error.LineNumber + 1}, column {error.BytePositionInLine + 1}");
            string reason = error.Message.Split(" LineNumber:")[0];
            throw new TsDbException(ErrorKind.Invalid, $"{place}: not JSON: {reason}", error);
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException)
        {
            // The document says only when a text is asked for that it is no Unicode.
            throw new TsDbException(ErrorKind.Invalid, error.Message, error);
        }
    }

    private static SensorRules Read(JsonElement root)
    {
        RuleMembers members = new(root, "", "a rule file is an object with \"rules\"");
        members.Allow("rules", "default");
        UnmatchedTopics unmatched = members.Choice(
            "default",
            UnmatchedTopics.BuiltIn,
            ("built-in", UnmatchedTopics.BuiltIn),
            ("ignore", UnmatchedTopics.Ignore),
            ("refuse", UnmatchedTopics.Refuse));
        if (members.Find("rules") is not { ValueKind: JsonValueKind.Array } list)
            throw new FormatException("rules: a list of rules is needed (it may be empty)");
        if (list.GetArrayLength() > RulesMax) throw new FormatException($"rules: more than {RulesMax} rules");
        ImmutableArray<SensorRule>.Builder rules = ImmutableArray.CreateBuilder<SensorRule>();
        foreach (JsonElement element in list.EnumerateArray())
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"rules[{rules.Count}]");
            SensorRule rule = RuleReader.Read(new RuleMembers(element, place, "a rule is an object"), place);
            if (rules.FirstOrDefault(earlier => earlier.Topic.Text == rule.Topic.Text) is { } twice)
            {
                throw new FormatException(
                    $"{place}.topic: rule \"{twice.Name}\" has the same topic and comes first");
            }

            rules.Add(rule);
        }

        return new SensorRules(rules.ToImmutable(), unmatched);
    }
}
