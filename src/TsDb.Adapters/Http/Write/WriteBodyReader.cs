using System.Globalization;
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
    /// <summary>Room made for a body before more than its first bytes have come.</summary>
    private const int StartBytes = 256 << 10;

    /// <summary>
    /// A body gets this many times the room of what has come of it, up to what it announced: to announce much
    /// and send nothing takes no room from others.
    /// </summary>
    private const int GrowthFactor = 4;

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
        if (request.ContentLength > bytesMax) throw TooLarge();
        WriteBody body = new(_budget);
        using BodyClock clock = new(options.BodyStallMax, options.Clock, ct);
        try
        {
            if (gzip) await ReadGzipAsync(request.Body, body, clock);
            else await ReadPlainAsync(request, body, clock);
            return body;
        }
        catch (OperationCanceledException) when (clock.HasStalled)
        {
            body.Dispose();
            throw Stalled();
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private async Task ReadPlainAsync(HttpRequest request, WriteBody body, BodyClock clock)
    {
        int bytesExpected = (int?)request.ContentLength ?? bytesMax;
        PipeReader reader = request.BodyReader;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(clock.Token);
            int bytes = (int)Math.Min(read.Buffer.Length, int.MaxValue);
            if (body.Length + (long)bytes > bytesMax) throw TooLarge();
            clock.Advance(bytes);
            await ReserveAsync(body, bytes, bytesExpected, clock.Token);
            body.Append(read.Buffer);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return;
        }
    }

    private async Task ReadGzipAsync(Stream packed, WriteBody body, BodyClock clock)
    {
        // Room for all that is allowed, for the end that shows that nothing is missing, and for one byte too
        // many.
        int bytesEver = bytesMax + GzipEnd.Text.Length + 1;
        await using GZipStream unpacked =
            new(GzipEnd.Behind(packed), CompressionMode.Decompress, leaveOpen: true);
        try
        {
            while (true)
            {
                await ReserveAsync(body, 1, bytesEver, clock.Token);
                int read = await unpacked.ReadAsync(body.Free, clock.Token);
                if (read == 0) break;
                clock.Advance(read);
                body.Advance(read);
                if (body.Length >= bytesEver) throw TooLarge();
            }
        }
        catch (InvalidDataException error)
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"gzip: invalid header or data: {error.Message}", error);
        }

        if (!body.Bytes.Span.EndsWith(GzipEnd.Text))
        {
            throw new TsDbException(
                ErrorKind.Invalid, "gzip: the body ends too early, or something else follows it");
        }

        body.CutOff(GzipEnd.Text.Length);
    }

    /// <summary>
    /// Room for <paramref name="bytes"/> more, and for some of what is expected, so that copying stays
    /// linear.
    /// </summary>
    private async Task ReserveAsync(WriteBody body, int bytes, int bytesExpected, CancellationToken ct)
    {
        if (body.Free.Length >= bytes) return;
        long needed = (long)body.Length + bytes;
        long wanted = Math.Max(StartBytes, needed * GrowthFactor);
        int room = (int)Math.Max(needed, Math.Min(wanted, bytesExpected));
        if (await body.TryReserveAsync(room, options.RoomWait, ct)) return;
        throw new TsDbException(
            ErrorKind.Unavailable, "the node is reading as many bodies as it has room for: try again")
        {
            RetryAfter = options.RetryAfter,
        };
    }

    private TsDbException TooLarge() => new(
        ErrorKind.TooLarge, $"request entity too large: the limit is {bytesMax} bytes after unpacking");

    /// <summary>
    /// Not a client's mistake, such as 408 would be: some agents throw away what they are told is one.
    /// </summary>
    private TsDbException Stalled() => new(
        ErrorKind.Unavailable,
        string.Create(
            CultureInfo.InvariantCulture,
            $"the body stalled: less than {BodyClock.ProgressBytes} bytes came in "
                + $"{options.BodyStallMax.TotalSeconds:0.###} s"))
    {
        RetryAfter = options.RetryAfter,
    };
}
