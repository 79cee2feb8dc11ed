namespace TsDb.Adapters.Mqtt.Fresh;

/// <summary>What became of the cloud's questions since start.</summary>
/// <param name="Answered">Answers that were sent whole.</param>
/// <param name="Refused">Questions answered with a reason instead.</param>
/// <param name="Late">Questions whose time was over, or that the cloud let go of, before the answer.</param>
/// <param name="Unsent">Answers that could not be sent.</param>
public readonly record struct EdgeQueryStats(long Answered, long Refused, long Late, long Unsent);
