using System.CommandLine;
using TsDb.Adapters.Mqtt;
using TsDb.Cli.Writing;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb write</c>: line protocol from a file or standard input to an edge, one request after the
/// other.</summary>
internal static class WriteCommand
{
    private const int RequestBytesMax = 4 << 20;
    private const int MessageBytesMax = 64 << 10;
    private const int RefusalsShown = 10;

    // An edge lists so many of one request.
    private const int RefusalsListedMax = 1_000;

    public static Command Create(CommonOptions common)
    {
        Argument<string> file = new("file")
        {
            Description = "File of line protocol; - or nothing reads standard input",
            DefaultValueFactory = _ => "-",
        };
        Option<string> precision = new("--precision")
        {
            Description = "Unit of the lines' times: ns, us, ms or s",
            DefaultValueFactory = _ => "ns",
        };
        precision.AcceptOnlyFromAmong("ns", "us", "ms", "s");
        Option<string?> mqtt =
            new("--mqtt") { Description = "Publish to this broker as a sensor would (mqtt://host:port)" };
        Option<int> batch =
            new("--batch") { Description = "Lines a request", DefaultValueFactory = _ => 5_000 };
        Command command = new("write", "Write line protocol to an edge.") { file, precision, mqtt, batch };
        common.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            string database = parsed.GetRequiredValue(common.Database);
            string? broker = parsed.GetValue(mqtt);
            if (broker is not null && parsed.GetRequiredValue(precision) != "ns")
                throw new TsDbException(ErrorKind.Invalid,
                    "over MQTT times are in nanoseconds: leave --precision out");
            await using ILineSink sink = broker is null
                ? new HttpLineSink(
                    parsed.GetRequiredValue(common.Url), database, parsed.GetRequiredValue(precision),
                        TimeProvider.System)
                : new MqttLineSink(
                    await LinePublisher.ConnectAsync(broker, $"tsdb-write-{Environment.ProcessId}", ct),
                        database);
            string path = parsed.GetRequiredValue(file);
            await using Stream input = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            int lines = Math.Max(1, parsed.GetValue(batch));
            return await RunAsync(
                new LineBatches(input, lines, broker is null ? RequestBytesMax : MessageBytesMax), sink, ct);
        });
        return command;
    }

    private static async Task<int> RunAsync(LineBatches batches, ILineSink sink, CancellationToken ct)
    {
        WriteProgress progress = new(TimeProvider.System);
        long read = 0, refused = 0;
        bool isMore = false;
        while (await batches.NextAsync(ct) is { LineCount: > 0 } batch)
        {
            IReadOnlyList<RefusedLine> refusals = await sink.SendAsync(batch, ct);
            foreach (RefusedLine line in refusals.Take((int)Math.Max(0, RefusalsShown - refused)))
                await Console.Error.WriteLineAsync($"line {read + line.Number}: {line.Reason}: {line.Text}");
            int lost = (int)refusals.Sum(line => line.Count);
            refused += lost;
            isMore |= refusals.Count >= RefusalsListedMax && refusals.Count < batch.LineCount;
            read += batch.LineCount;
            progress.Add(batch, lost);
        }

        Console.WriteLine(progress.Finish());
        if (refused == 0) return 0;
        await Console.Error.WriteLineAsync(
            $"{(isMore ? "at least " : "")}{refused} {(refused == 1 ? "line was" : "lines were")} refused; "
            + "the others are stored");
        return 1;
    }
}
