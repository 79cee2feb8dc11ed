using DuckDB.NET.Data;
using DuckDB.NET.Native;
using TsDb.Model;

namespace TsDb.Adapters.DuckDb;

/// <summary>What a failure inside DuckDB means for whoever sent the statement.</summary>
internal static class DuckDbErrors
{
    private static readonly TimeSpan MemoryRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Translates an error of DuckDB. It calls damaged files an invalid input; but no statement knows the
    /// name of a file of ours, so an error that names one is about the file.
    /// </summary>
    public static TsDbException Translate(DuckDBException error, IReadOnlyList<string> directories) =>
        directories.Any(directory => error.Message.Contains(directory, StringComparison.Ordinal))
            ? Damaged(error)
            : Translate(error);

    /// <summary>Translates an error of DuckDB that no file was part of.</summary>
    public static TsDbException Translate(DuckDBException error) => error.ErrorType switch
    {
        _ when IsMemory(error) => new TsDbException(
            ErrorKind.Unavailable,
            "the statement needs more memory than it is allowed: read less data or fewer groups at once",
            error)
        {
            RetryAfter = MemoryRetryAfter,
        },
        DuckDBErrorType.Io or DuckDBErrorType.Serialization => Damaged(error),
        DuckDBErrorType.Interrupt =>
            new TsDbException(ErrorKind.Deadline, "the statement was interrupted", error),
        _ => new TsDbException(ErrorKind.Invalid, WithoutPlace(Plain(error.Message)), error),
    };

    /// <summary>What the engine says of a wrong statement, without advice that nobody can follow
    /// here.</summary>
    public static string Plain(string message) =>
        message.Contains("Max expression depth", StringComparison.Ordinal)
            ? "the statement nests expressions too deeply, the limit is 1000 levels: write long chains of "
                + "operators as lists (x IN (...), list_sum([...])) or in sub-queries"
            : message;

    /// <summary>True if the statement needs more memory than its database has.</summary>
    public static bool IsMemory(DuckDBException error) => error.ErrorType == DuckDBErrorType.OutOfMemory
        || error.Message.Contains(Aggregates.AggregateMemory.Exceeded, StringComparison.Ordinal);

    /// <summary>True if the database behind the connection cannot be trusted any more.</summary>
    public static bool IsFatal(DuckDBException error) =>
        error.ErrorType is DuckDBErrorType.Fatal or DuckDBErrorType.Internal;

    // The engine points into the statement that it was given, which is seldom the one that was asked.
    private static string WithoutPlace(string message)
    {
        int place = message.LastIndexOf("\n\nLINE ", StringComparison.Ordinal);
        return place < 0 ? message : message[..place];
    }

    private static TsDbException Damaged(DuckDBException error) =>
        new(ErrorKind.Corrupt, $"stored data could not be read: {error.Message}", error);
}
