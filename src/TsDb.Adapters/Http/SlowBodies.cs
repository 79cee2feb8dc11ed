using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace TsDb.Adapters.Http;

/// <summary>
/// The listeners take bodies at any pace, for uplinks of agents may be slow. Where a body is small anyway,
/// whoever sends it drop by drop is broken off.
/// </summary>
internal static class SlowBodies
{
    private const double BytesPerSecondMin = 100;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Breaks this request's body off if it comes too slowly. To be called before it is read.
    /// </summary>
    public static void Forbid(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = new MinDataRate(BytesPerSecondMin, Grace);
    }
}
