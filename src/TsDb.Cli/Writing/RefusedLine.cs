namespace TsDb.Cli.Writing;

/// <summary>A line the edge did not take.</summary>
/// <param name="Number">Its number in the request, from 1.</param>
/// <param name="Reason">Why.</param>
/// <param name="Text">How it begins.</param>
/// <param name="Count">How many lines it stands for, where the edge names the first one only.</param>
internal sealed record RefusedLine(long Number, string Reason, string Text, long Count = 1);
