using TsDb.Adapters.Hosting;

namespace TsDb.Adapters.Http.Write;

/// <summary>What the write endpoints need to know of the node they belong to.</summary>
public sealed record WriteEndpointOptions
{
    /// <summary>
    /// Bytes of all bodies that are being read or parsed at one time; further requests wait for room.
    /// </summary>
    public ByteBudget Bodies { get; init; } = new(64L << 20, TimeProvider.System);

    /// <summary>How long a request waits for room before it is answered 503.</summary>
    public TimeSpan RoomWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a body may come to nothing before it is broken off.</summary>
    public TimeSpan BodyStallMax { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>What a refused writer is told to wait when nothing better is known.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The version that answers carry.</summary>
    public string Version { get; init; } = "0.1.0";

    /// <summary>Asked before every write and statement.</summary>
    public IAuthorizer Authorizer { get; init; } = new OpenAuthorizer();

    /// <summary>The only clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
