namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>One rule of how topics map to databases, tables and tags.</summary>
/// <param name="Name">What people call it in logs.</param>
/// <param name="Resolve">The target of a topic, or null if the rule does not apply to it.</param>
public sealed record SensorRule(string Name, Func<string, SensorTarget?> Resolve);
