using TsDb.Adapters.Mqtt.Sensors;

namespace TsDb.Tests.Adapters.Mqtt;

/// <summary>Many sensors at once. Runs by itself: it counts the memory of the whole process.</summary>
[CollectionDefinition(nameof(SensorCrowdTests), DisableParallelization = true)]
[Collection(nameof(SensorCrowdTests))]
public sealed class SensorCrowdTests
{
    [Fact]
    public async Task Thousands_of_idle_connections_are_cheap_and_one_too_many_is_turned_away()
    {
        const int Idle = 2_000;
        await using SensorServer server = await SensorServer.StartAsync(
            new SensorBrokerOptions { ConnectionsMax = Idle });
        List<RawMqtt> clients = [];
        try
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int i = 0; i < Idle; i++)
            {
                clients.Add(await RawMqtt.ConnectAsync(
                    server.Port, FormattableString.Invariant($"idle{i}"), keepAliveSeconds: 600));
            }

            long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Idle;
            Assert.True(each <= 32 << 10, FormattableString.Invariant($"{each} bytes a connection"));
            using RawMqtt late = RawMqtt.Open(server.Port);
            Assert.True(await late.IsClosedAsync());
            Assert.Equal(1, server.Broker.ConnectionsTurnedAway);
            await clients[^1].SendAsync(RawMqtt.Publish("t", "m f=1 1", 1, 1));
            Assert.Equal(0x40, (await clients[^1].ReceiveAsync()).First);
        }
        finally
        {
            foreach (RawMqtt client in clients) client.Dispose();
        }
    }
}
