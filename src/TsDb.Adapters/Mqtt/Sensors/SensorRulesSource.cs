using TsDb.Storage.Sensors;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>The rules in force: they may be replaced while messages come.</summary>
public sealed class SensorRulesSource(SensorRules rules)
{
    private SensorRules _current = rules;

    /// <summary>The rules in force.</summary>
    public SensorRules Current
    {
        get => Volatile.Read(ref _current);
        set => Volatile.Write(ref _current, value);
    }
}
