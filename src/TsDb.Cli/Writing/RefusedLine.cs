namespace TsDb.Cli.Writing;

/// <summary>A line the edge did not take.</summary>
/// <param name="Number">Its number in the request, from 1.</param>
/// <param name="Reason">Why.</param>
/// <param name="Text">How it begins.</param>
internal sealed record RefusedLine(long Number, string Reason, string Text);
