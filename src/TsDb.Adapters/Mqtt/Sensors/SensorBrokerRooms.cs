using Microsoft.Extensions.Logging;
using TsDb.Adapters.Hosting;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>What the connections of a broker share.</summary>
internal sealed record SensorBrokerRooms(
    SensorBrokerOptions Options, SensorIntake Intake, ByteBudget Budget, SensorSessions Sessions,
        ILogger Log);
