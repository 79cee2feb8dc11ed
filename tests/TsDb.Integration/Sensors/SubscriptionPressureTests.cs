using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using MQTTnet;
using MQTTnet.Protocol;
using TsDb.Adapters.Mqtt.Sensors;
using TsDb.Integration.Shipping;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Storage.Sensors;

namespace TsDb.Integration.Sensors;

/// <summary>Sensors at a broker that is not ours: how much is taken while nothing can be stored.</summary>
public sealed class SubscriptionPressureTests
{
    private const ushort MessagesMax = 16;
    private const int BytesMax = 64 << 10;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_broker_holds_what_is_not_acknowledged()
    {
        using Mosquitto broker = await Mosquitto.StartAsync();
        await using Pressed edge = await Pressed.StartAsync(broker.Port);
        using IMqttClient sensor = await ConnectAsync(broker.Port);
        for (int i = 0; i < 500; i++)
            await PublishAsync(sensor, $"m f={i} {i + 1}", MqttQualityOfServiceLevel.AtLeastOnce);
        await edge.Target.Held.WaitAsync(Soon, Stop);

        // The broker has taken all 500; what has come from it is no more than it may send unacknowledged.
        await QuietAsync(() => edge.Taken);
        Assert.InRange(edge.Taken, 1, MessagesMax);
        edge.Target.Open();
        await edge.Target.UntilAsync(500, Soon);
    }

    [Fact]
    public async Task Without_acknowledgements_the_socket_is_not_read_beyond_the_bound()
    {
        using Mosquitto broker = await Mosquitto.StartAsync();
        await using Pressed edge = await Pressed.StartAsync(broker.Port);
        using IMqttClient sensor = await ConnectAsync(broker.Port);
        string large = new('x', 4_000);
        for (int i = 0; i < 2_000; i++)
            await PublishAsync(sensor, $"m s=\"{large}\" {i + 1}", MqttQualityOfServiceLevel.AtMostOnce);
        await edge.Target.Held.WaitAsync(Soon, Stop);
        await QuietAsync(() => edge.Taken);
        Assert.InRange(edge.Taken, 1, (BytesMax / large.Length) + 1);
        edge.Target.Open();
        await PublishAsync(sensor, "last f=1 1", MqttQualityOfServiceLevel.AtLeastOnce);
        await edge.Target.UntilTableAsync("last", Soon);
    }

    private static async Task<IMqttClient> ConnectAsync(int port)
    {
        IMqttClient client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(
            new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).Build(), Stop);
        return client;
    }

    private static Task<MqttClientPublishResult> PublishAsync(
        IMqttClient client, string line, MqttQualityOfServiceLevel level) => client.PublishAsync(
            new MqttApplicationMessageBuilder()
                .WithTopic("plant/lines").WithPayload(line).WithQualityOfServiceLevel(level).Build(),
            Stop);

    /// <summary>Waits until a number has stayed the same for a while.</summary>
    private static async Task QuietAsync(Func<long> number)
    {
        long last = -1;
        for (int calm = 0; calm < 10;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Stop);
            calm = number() == last ? calm + 1 : 0;
            last = number();
        }
    }

    /// <summary>The subscription of an edge whose store takes nothing until it is told to.</summary>
    private sealed class Pressed : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private Task _running = Task.CompletedTask;

        public GatedTarget Target { get; } = new();

        /// <summary>Messages that came so far.</summary>
        public long Taken => Intake.Taken;

        private SensorIntake Intake { get; set; } = null!;

        public static async Task<Pressed> StartAsync(int port)
        {
            Pressed edge = new();
            SensorRulesSource rules = new(SensorRules.Default);
            IngestSetup setup = new(new IngestLimits(), new NodeTime(TimeProvider.System), HashSeed: 1);
            edge.Intake = new SensorIntake(
                new IngestPipeline(edge.Target, setup), rules, new SensorIntakeOptions { IsShared = true },
                NullLoggerFactory.Instance);
            SensorSubscriptionOptions options = new()
            {
                Host = "127.0.0.1",
                Port = port,
                ClientId = string.Create(CultureInfo.InvariantCulture, $"edge-{port}"),
                MessagesInFlightMax = MessagesMax,
                BytesInFlightMax = BytesMax,
            };
            SensorSubscription subscription = new(edge.Intake, rules, options, NullLoggerFactory.Instance);
            edge._running = subscription.RunAsync(edge._stop.Token);
            await subscription.Subscribed.WaitAsync(Soon, Stop);
            return edge;
        }

        public async ValueTask DisposeAsync()
        {
            Target.Open();
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }
    }

    /// <summary>Takes nothing until it is opened, then counts.</summary>
    private sealed class GatedTarget : IWriteTarget
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly HashSet<string> _tables = [];
        private long _rows;

        public SchemaCatalog Schemas => SchemaCatalog.Empty;

        /// <summary>Ends when the first commit waits.</summary>
        public Task Held => _held.Task;

        public void Open() => _open.TrySetResult();

        public async Task<CommitOutcome> CommitAsync(WriteRequest request, CancellationToken ct)
        {
            _held.TrySetResult();
            await _open.Task.WaitAsync(ct);
            lock (_tables) foreach (var batch in request.Batches) _tables.Add(batch.Table.Table);
            Interlocked.Add(ref _rows, request.Batches.Sum(batch => batch.RowCount));
            return CommitOutcome.Committed;
        }

        public Task UntilAsync(long rows, TimeSpan within) =>
            UntilAsync(() => Volatile.Read(ref _rows) >= rows, within);

        public Task UntilTableAsync(string table, TimeSpan within) => UntilAsync(
            () =>
            {
                lock (_tables) return _tables.Contains(table);
            },
            within);

        private static async Task UntilAsync(Func<bool> isSo, TimeSpan within)
        {
            long began = TimeProvider.System.GetTimestamp();
            while (!isSo())
            {
                Assert.True(TimeProvider.System.GetElapsedTime(began) < within, "it did not come to that");
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
            }
        }
    }
}
