using System.IO.Pipelines;
using Apache.Arrow;
using TsDb.Model;

namespace TsDb.Adapters.Http.Results;

/// <summary>
/// Writes rows in one format. What is in memory at a time is one batch and its text; a reader that is slow
/// slows the query down.
/// </summary>
internal abstract class ResultWriter
{
    /// <summary>The media type of the format.</summary>
    public abstract string ContentType { get; }

    /// <summary>Writes everything; disposes each batch. The last bytes may be left unsent in the pipe, to go
    /// out with the end of the answer.</summary>
    public abstract Task WriteAsync(
        IAsyncEnumerable<RecordBatch> batches, PipeWriter to, CancellationToken ct);

    /// <summary>
    /// The writer of a format for those columns. Throws <see cref="ErrorKind.Invalid"/> if a column has no
    /// such form.
    /// </summary>
    public static ResultWriter For(ResultFormat format, Schema schema) => format switch
    {
        ResultFormat.Json => new JsonResult(schema, isLines: false),
        ResultFormat.JsonLines => new JsonResult(schema, isLines: true),
        ResultFormat.Csv => new CsvResult(schema),
        ResultFormat.Pretty => new PrettyResult(schema),
        ResultFormat.Arrow => new ArrowResult(schema),
        _ => new ParquetResult(schema),
    };
}
