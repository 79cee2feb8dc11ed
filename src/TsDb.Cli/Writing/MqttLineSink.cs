using TsDb.Adapters.Mqtt;

namespace TsDb.Cli.Writing;

/// <summary>Publishes lines to an edge's broker as a sensor would, QoS 1; an edge acknowledges what is on its
/// disk.</summary>
internal sealed class MqttLineSink(LinePublisher publisher, string database) : ILineSink
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<RefusedLine>> SendAsync(LineBatch batch, CancellationToken ct)
    {
        await publisher.PublishAsync($"tsdb/write/{database}", batch.Lines, ct);
        return [];
    }

    public ValueTask DisposeAsync() => publisher.DisposeAsync();
}
