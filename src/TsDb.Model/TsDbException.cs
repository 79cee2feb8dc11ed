namespace TsDb.Model;

/// <summary>The one exception of this database: a kind for the caller to act on, a sentence for
/// people.</summary>
public sealed class TsDbException : Exception
{
    /// <summary>Creates an error of <paramref name="kind"/> with a sentence that says what is wrong and what
    /// to do.</summary>
    public TsDbException(ErrorKind kind, string message)
        : base(message) => Kind = kind;

    /// <summary>Creates an error of <paramref name="kind"/> that was caused by <paramref
    /// name="inner"/>.</summary>
    public TsDbException(ErrorKind kind, string message, Exception inner)
        : base(message, inner) => Kind = kind;

    /// <summary>What the caller should do.</summary>
    public ErrorKind Kind { get; }

    /// <summary>For <see cref="ErrorKind.Unavailable"/>: when to try again; null when the node cannot
    /// say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
