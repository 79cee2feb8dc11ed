using TsDb.Adapters.Mqtt;
using TsDb.Model;

namespace TsDb.Integration.Fleets;

/// <summary>Publishes numbered points at QoS 1.</summary>
internal sealed class MqttNumberedWriter(string name, string broker) : NumberedWriter(name, 5)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    private LinePublisher? _publisher;

    protected override async Task<bool> TrySendAsync(byte[] lines)
    {
        using CancellationTokenSource patience = new(AnswerWithin, TimeProvider.System);
        try
        {
            _publisher ??= await LinePublisher.ConnectAsync(broker, Name, patience.Token);
            await _publisher.PublishAsync("tsdb/write/default", lines, patience.Token);
            return true;
        }
        catch (Exception e) when (
            e is TsDbException { Kind: ErrorKind.Unavailable } or OperationCanceledException)
        {
            await EndAsync();
            return false;
        }
    }

    protected override async Task EndAsync()
    {
        if (_publisher is null) return;
        await _publisher.DisposeAsync();
        _publisher = null;
    }
}
