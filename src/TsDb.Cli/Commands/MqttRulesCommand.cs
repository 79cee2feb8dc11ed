using System.CommandLine;
using System.Globalization;
using System.Text;
using TsDb.Adapters.Mqtt.Sensors;
using TsDb.Cli.Output;
using TsDb.Model;
using TsDb.Storage.Ingest;
using TsDb.Storage.Sensors;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb mqtt-rules</c>: tries a rule file for sensors; no node needs to run.</summary>
internal static class MqttRulesCommand
{
    private const int ExitRefused = 1;
    private const int ExitIgnored = 3;

    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "The rule file, or - for the built-in rules" };
        Argument<string?> topic = new("topic")
        {
            Description = "A topic; without one only the file is checked",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Argument<string?> payload = new("payload")
        {
            Description = "A payload; @FILE reads it from a file, - from standard input",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Command check = new(
            "check",
            "Show what a message would become, and by which rule. Exit codes: 0 points, 1 refused, "
                + "2 the rule file is wrong, 3 ignored.")
        {
            file, topic, payload,
        };
        check.SetAction(parsed => Check(
            parsed.GetRequiredValue(file), parsed.GetValue(topic), parsed.GetValue(payload),
                TimeProvider.System));
        return new Command("mqtt-rules", "Try a rule file for sensors.") { check };
    }

    private static int Check(string file, string? topic, string? payload, TimeProvider clock)
    {
        SensorRules rules = Read(file);
        if (topic is null)
        {
            Console.WriteLine($"{file}: {rules.Rules.Length} rules, unmatched topics: {Unmatched(rules)}");
            foreach (SensorRule rule in rules.Rules)
            {
                string kind = rule.IsIgnored ? "ignored" : rule.Payload.ToString().ToLowerInvariant();
                Console.WriteLine($"  {rule.Name}: {rule.Topic.Text}: {kind}");
            }

            return 0;
        }

        if (payload is null) throw new TsDbException(ErrorKind.Invalid,
            "a payload is needed beside the topic");
        byte[] bytes = Payload(payload);
        long before = new NodeTime(clock).Now;
        MessageCheck check = MessageCheck.Of(rules, topic, bytes, clock);
        long after = new NodeTime(clock).Now + (check.Parsed?.RowCount ?? 0);
        Console.WriteLine($"rule: {check.Target.Rule}");
        if (check.Content.Kind == MessageContentKind.Nothing)
        {
            Console.WriteLine($"ignored: {check.Reason}");
            return ExitIgnored;
        }

        if (check.Parsed is { RowCount: > 0 } parsed)
            Print(parsed, check.Target, time => time >= before && time <= after);
        if (check.Reason is not null) Console.WriteLine($"refused: {check.Reason}");
        return check.Parsed is { RowCount: > 0 } ? 0 : ExitRefused;
    }

    private static void Print(ParsedPoints parsed, MessageTarget target, Func<long, bool> isNodeTime)
    {
        Console.WriteLine($"database: {(target.Lines ?? target.Points)!.Database}");
        bool isTimed = false;
        foreach (var batch in parsed.Batches)
        {
            foreach (string line in BatchLines.Of(batch, isNodeTime)) Console.WriteLine(line);
            foreach (long time in batch.Times) isTimed |= isNodeTime(time);
        }

        if (isTimed) Console.WriteLine("time: given by the node when the message arrives");
    }

    private static SensorRules Read(string file)
    {
        if (file == "-") return SensorRules.Default;
        try
        {
            return SensorRulesFile.Read(file);
        }
        catch (TsDbException error)
        {
            throw new TsDbException(ErrorKind.Invalid, $"{file}: {error.Message}", error);
        }
    }

    private static byte[] Payload(string text)
    {
        if (text.StartsWith('@')) return File.ReadAllBytes(text[1..]);
        if (text != "-") return Encoding.UTF8.GetBytes(text);
        using MemoryStream all = new();
        using Stream input = Console.OpenStandardInput();
        input.CopyTo(all);
        return all.ToArray();
    }

    private static string Unmatched(SensorRules rules) =>
        rules.Unmatched.ToString().ToLower(CultureInfo.InvariantCulture);
}
