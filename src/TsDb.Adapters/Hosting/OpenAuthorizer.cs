namespace TsDb.Adapters.Hosting;

/// <summary>
/// Allows everything: right only where listeners are bound to loopback or to a trusted network, which
/// <c>--insecure-bind</c> says. Tokens and TLS take this place later.
/// </summary>
public sealed class OpenAuthorizer : IAuthorizer
{
    /// <inheritdoc/>
    public bool IsAllowed(AccessRequest request) => true;
}
