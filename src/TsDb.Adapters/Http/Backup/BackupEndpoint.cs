using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Backup;

namespace TsDb.Adapters.Http.Backup;

/// <summary>
/// <c>POST /api/v1/backup</c>: a node's data directory as of now, while it goes on (<see
/// cref="BackupTransfer"/>). The request's body names files that need not come, one a line: SHA-256, size,
/// path.
/// </summary>
/// <param name="takeAsync">Takes hold of everything that was acknowledged before the call.</param>
/// <param name="clock">For the time of the backup.</param>
/// <param name="log">Where log lines go.</param>
public sealed class BackupEndpoint(
    Func<CancellationToken, Task<BackupImage>> takeAsync, TimeProvider clock, ILogger log)
{
    /// <summary>The address.</summary>
    public const string Path = "/api/v1/backup";

    private const int KnownBytesMax = 256 << 20;

    // One at a time: each keeps files in place that the node would like to remove.
    private int _isRunning;

    /// <summary>Maps the address.</summary>
    public void Map(IEndpointRouteBuilder routes, AdminEndpoint admin) =>
        admin.MapStream(routes, HttpMethods.Post, Path, AnswerAsync);

    /// <summary>A line of the request's body.</summary>
    public static string LineOf(BackupFile file) =>
        string.Create(CultureInfo.InvariantCulture, $"{file.Sha256} {file.Bytes} {file.Path}\n");

    private async Task<JsonNode?> AnswerAsync(HttpContext context)
    {
        CancellationToken ct = context.RequestAborted;
        if (Interlocked.Exchange(ref _isRunning, 1) != 0)
        {
            throw new TsDbException(
                ErrorKind.Conflict, "a backup of this node is under way: wait for its end");
        }

        try
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = KnownBytesMax;
            Dictionary<string, BackupFile> known = await ReadAsync(context.Request.Body, ct);
            using BackupImage image = await takeAsync(ct);
            context.Response.ContentType = "application/octet-stream";
            BackupManifest made =
                await BackupTransfer.SendAsync(image, known, context.Response.Body, clock, ct);
            Log.BackedUp(log, made.Files.Length, known.Count, made.Gaps.Length);
            return null;
        }
        catch (Exception e) when (e is IOException or TsDbException && context.Response.HasStarted)
        {
            Log.BackupFailed(log, e);
            context.Abort();
            return null;
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }

    private static async Task<Dictionary<string, BackupFile>> ReadAsync(Stream body, CancellationToken ct)
    {
        Dictionary<string, BackupFile> known = new(StringComparer.Ordinal);
        using StreamReader lines = new(body);
        while (await lines.ReadLineAsync(ct) is { } line)
        {
            string[] parts = line.Split(' ', 3);
            if (parts.Length != 3 || !ContentHash.TryParse(parts[0], out _)
                || !long.TryParse(
                    parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
                throw new TsDbException(ErrorKind.Invalid, $"'{line}' is not: SHA-256, size, path");
            known[parts[2]] = new BackupFile(parts[2], bytes, parts[0].ToLowerInvariant());
        }

        return known;
    }
}
