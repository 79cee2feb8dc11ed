using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TsDb.Adapters.Hosting;
using TsDb.Model;

namespace TsDb.Adapters.Http.Write;

/// <summary>Reads bodies, unpacked if they are gzipped, up to a limit and within the node's budget.</summary>
internal sealed class WriteBodyReader(int bytesMax, WriteEndpointOptions options)
{
    private const int StartBytes = 64 << 10;

    /// <summary>
    /// Line protocol shrinks about this much by gzip: a guess that is corrected while reading.
    /// </summary>
    private const int GzipFactor = 8;

    private readonly ByteBudget _budget = options.Bodies;

    /// <summary>
    /// Reads the whole body. Throws <see cref="ErrorKind.TooLarge"/> naming the limit, <see
    /// cref="ErrorKind.Invalid"/> for bytes that are not gzip though the request says so, <see
    /// cref="ErrorKind.Unavailable"/> if there was no room in time.
    /// </summary>
    public async Task<WriteBody> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        IHttpMaxRequestBodySizeFeature? server =
            request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (server is { IsReadOnly: false })
            server.MaxRequestBodySize = null; // the limit here has its own answer
        string encoding = request.Headers.ContentEncoding.ToString();
        bool gzip = encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase);
        if (!gzip && encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            throw new TsDbException(
                ErrorKind.Invalid, $"content encoding '{encoding}' is not known: use gzip or none");
        long announced = request.ContentLength ?? StartBytes;
        if (announced > bytesMax) throw TooLarge();
        WriteBody body = new(_budget);
        try
        {
            int expected = (int)Math.Min(bytesMax, gzip ? announced * GzipFactor : announced);
            await ReserveAsync(body, Math.Max(1, expected), ct);
            if (gzip) await ReadGzipAsync(request.Body, body, ct);
            else await ReadPlainAsync(request.BodyReader, body, ct);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private async Task ReadPlainAsync(PipeReader reader, WriteBody body, CancellationToken ct)
    {
        while (true)
        {
            ReadResult read = await reader.ReadAsync(ct);
            if (body.Length + read.Buffer.Length > bytesMax) throw TooLarge();
            await ReserveMoreAsync(body, (int)read.Buffer.Length, ct);
            body.Append(read.Buffer);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return;
        }
    }

    private async Task ReadGzipAsync(Stream packed, WriteBody body, CancellationToken ct)
    {
        await using GZipStream unpacked = new(packed, CompressionMode.Decompress, leaveOpen: true);
        try
        {
            while (true)
            {
                await ReserveMoreAsync(body, 1, ct);
                int read = await unpacked.ReadAsync(body.Free, ct);
                if (read == 0) return;
                body.Advance(read);
                if (body.Length > bytesMax) throw TooLarge();
            }
        }
        catch (InvalidDataException error)
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"gzip: invalid header or data: {error.Message}", error);
        }
    }

    /// <summary>
    /// Room for <paramref name="bytes"/> more; the body at least doubles, so that copying stays linear.
    /// </summary>
    private Task ReserveMoreAsync(WriteBody body, int bytes, CancellationToken ct)
    {
        if (body.Free.Length >= bytes) return Task.CompletedTask;
        long wanted = Math.Max(body.Length + (long)bytes, Math.Max(StartBytes, body.Length * 2L));

        // One byte beyond the limit is room enough to see that the limit is passed.
        return ReserveAsync(body, (int)Math.Min(wanted, bytesMax + 1L), ct);
    }

    private async Task ReserveAsync(WriteBody body, int bytes, CancellationToken ct)
    {
        if (await body.TryReserveAsync(bytes, options.RoomWait, ct)) return;
        throw new TsDbException(
            ErrorKind.Unavailable, "the node is reading as many bodies as it has room for: try again")
        {
            RetryAfter = options.RetryAfter,
        };
    }

    private TsDbException TooLarge() => new(
        ErrorKind.TooLarge, $"request entity too large: the limit is {bytesMax} bytes after unpacking");
}
