using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace TsDb.Adapters.Flight;

/// <summary>One plaintext port for HTTP/1.1 and gRPC: the v3 clients use a single address for both.</summary>
public static class SharedPort
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0"u8.ToArray();

    /// <summary>
    /// Lets a plaintext listener speak HTTP/1.1 and HTTP/2 with prior knowledge. Kestrel decides only by
    /// ALPN, which plaintext does not have; so the connection's first bytes are looked at, and HTTP/2's
    /// preface is announced as if ALPN had chosen it. Set
    /// <see cref="KestrelServerOptions.AllowAlternateSchemes"/> too.
    /// </summary>
    public static void UseHttp1AndGrpc(this ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.Use(next => async connection =>
        {
            if (await StartsWithPrefaceAsync(connection.Transport.Input, connection.ConnectionClosed))
            {
                ChosenProtocol chosen = new();
                connection.Features.Set<ITlsApplicationProtocolFeature>(chosen);
                connection.Features.Set<ITlsConnectionFeature>(chosen);
            }

            await next(connection);
        });
    }

    private static async Task<bool> StartsWithPrefaceAsync(PipeReader input, CancellationToken closed)
    {
        for (; ; )
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync(closed);
            }
            catch (Exception e) when (
                e is OperationCanceledException or ConnectionResetException or IOException)
            {
                return false;
            }

            bool? isPreface = Decide(read.Buffer);
            input.AdvanceTo(read.Buffer.Start, isPreface is null ? read.Buffer.End : read.Buffer.Start);
            if (isPreface is { } decided) return decided;
            if (read.IsCompleted || read.IsCanceled) return false;
        }
    }

    private static bool? Decide(ReadOnlySequence<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, Preface.Length);
        Span<byte> seen = stackalloc byte[count];
        buffer.Slice(0, count).CopyTo(seen);
        if (!Preface.AsSpan(0, count).SequenceEqual(seen)) return false;
        return count == Preface.Length ? true : null;
    }

    private sealed class ChosenProtocol : ITlsApplicationProtocolFeature, ITlsConnectionFeature
    {
        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = SslApplicationProtocol.Http2.Protocol;

        public X509Certificate2? ClientCertificate { get; set; }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult<X509Certificate2?>(null);
    }
}
