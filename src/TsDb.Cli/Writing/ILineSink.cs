namespace TsDb.Cli.Writing;

/// <summary>Where lines go: an edge over HTTP or over MQTT.</summary>
internal interface ILineSink : IAsyncDisposable
{
    /// <summary>Sends lines, waits until they are durable, and returns what was refused.</summary>
    Task<IReadOnlyList<RefusedLine>> SendAsync(LineBatch batch, CancellationToken ct);
}
