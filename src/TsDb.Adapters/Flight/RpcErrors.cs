using Grpc.Core;
using TsDb.Model;

namespace TsDb.Adapters.Flight;

/// <summary>This database's errors as gRPC statuses and back; the kind itself travels in a trailer.</summary>
internal static class RpcErrors
{
    private const string KindTrailer = "tsdb-error-kind";
    private const string RetryTrailer = "tsdb-retry-after-ms";

    /// <summary>The status for an error of ours.</summary>
    public static RpcException ToRpc(TsDbException error)
    {
        Metadata trailers = new() { { KindTrailer, error.Kind.ToString() } };
        if (error.RetryAfter is { } wait)
            trailers.Add(RetryTrailer, ((long)wait.TotalMilliseconds)
                .ToString(System.Globalization.CultureInfo.InvariantCulture));
        return new RpcException(new Status(CodeOf(error.Kind), error.Message), trailers);
    }

    /// <summary>The error behind a failed call to <paramref name="peer"/>.</summary>
    public static TsDbException FromRpc(RpcException error, string peer)
    {
        string? kindText = error.Trailers.GetValue(KindTrailer);
        if (!Enum.TryParse(kindText, out ErrorKind kind)) kind = KindOf(error.StatusCode);
        TimeSpan? retry = long.TryParse(error.Trailers.GetValue(RetryTrailer), out long wait)
            && wait is >= 0 and < 3_600_000
            ? TimeSpan.FromMilliseconds(wait)
            : null;
        string text = kindText is null ? $"node at {peer}: {error.Status.Detail}" : error.Status.Detail;
        return new TsDbException(kind, text, error) { RetryAfter = retry };
    }

    private static StatusCode CodeOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCode.InvalidArgument,
        ErrorKind.NotFound => StatusCode.NotFound,
        ErrorKind.Conflict => StatusCode.FailedPrecondition,
        ErrorKind.TooLarge => StatusCode.ResourceExhausted,
        ErrorKind.Deadline => StatusCode.DeadlineExceeded,
        ErrorKind.Corrupt => StatusCode.DataLoss,
        _ => StatusCode.Unavailable,
    };

    private static ErrorKind KindOf(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument or StatusCode.Unimplemented => ErrorKind.Invalid,
        StatusCode.NotFound => ErrorKind.NotFound,
        StatusCode.FailedPrecondition => ErrorKind.Conflict,
        StatusCode.ResourceExhausted => ErrorKind.TooLarge,
        StatusCode.DeadlineExceeded => ErrorKind.Deadline,
        StatusCode.DataLoss => ErrorKind.Corrupt,
        _ => ErrorKind.Unavailable,
    };
}
