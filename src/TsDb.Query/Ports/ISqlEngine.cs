namespace TsDb.Query.Ports;

/// <summary>The SQL engine of one node: runs SELECT statements over relations handed to it, and over nothing
/// else.</summary>
public interface ISqlEngine
{
    /// <summary>
    /// Runs the statement and answers as soon as the columns are known; the rows follow as the result is
    /// read. The
    /// caller disposes the result. Throws <see cref="Model.ErrorKind.Invalid"/> with the engine's message for
    /// SQL that
    /// is wrong, <see cref="Model.ErrorKind.Deadline"/> and <see cref="Model.ErrorKind.Unavailable"/> for
    /// limits.
    /// </summary>
    Task<ISqlResult> ExecuteAsync(SqlRequest request, CancellationToken ct);

    /// <summary>
    /// The same answer if the engine knows that it takes it some milliseconds; null if it may take longer.
    /// Errors as <see cref="ExecuteAsync"/>.
    /// </summary>
    Task<ISqlResult?> TryQuickAsync(SqlRequest request, CancellationToken ct) =>
        Task.FromResult<ISqlResult?>(null);
}
