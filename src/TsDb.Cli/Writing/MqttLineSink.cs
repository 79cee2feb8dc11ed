using System.Globalization;
using TsDb.Adapters.Mqtt;

namespace TsDb.Cli.Writing;

/// <summary>Publishes lines to an edge's broker as a sensor would, QoS 1; an edge acknowledges what is on its
/// disk.</summary>
internal sealed class MqttLineSink(LinePublisher publisher, string database) : ILineSink
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<RefusedLine>> SendAsync(LineBatch batch, CancellationToken ct)
    {
        string? said = await publisher.PublishAsync($"tsdb/write/{database}", batch.Lines, ct);
        if (said is null) return [];
        string number = said.Split(' ')[0];
        bool isTold = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long told);
        long count = isTold ? told : 1;
        return [new RefusedLine(1, said, $"one of the {batch.LineCount} lines from here on", count)];
    }

    public ValueTask DisposeAsync() => publisher.DisposeAsync();
}
