namespace TsDb.Adapters.Hosting;

/// <summary>What a client of a listener wants to do.</summary>
/// <param name="Listener">The listener: <c>http</c>, <c>mqtt</c>, <c>flight</c>, <c>cluster</c>.</param>
/// <param name="Action">What it wants: <c>write</c>, <c>query</c>, <c>admin</c>, <c>replicate</c>,
/// <c>connect</c>.</param>
/// <param name="Resource">On what: a database, a topic, a path; empty for the node itself.</param>
/// <param name="Credentials">What the client showed (a token or user name); null for nothing.</param>
public readonly record struct AccessRequest(
    string Listener, string Action, string Resource, string? Credentials);
