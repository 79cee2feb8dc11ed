namespace TsDb.Integration.Tracing;

/// <summary>A point that an edge said it has.</summary>
/// <param name="What">How it said so: 204 or PUBACK.</param>
/// <param name="Mark">The tag value by which the point is known in requests and in the log.</param>
/// <param name="Asked">The call that received the last of the request.</param>
/// <param name="Answered">The call that sent the first of the answer.</param>
internal sealed record Acknowledgement(string What, string Mark, SystemCall Asked, SystemCall Answered);
