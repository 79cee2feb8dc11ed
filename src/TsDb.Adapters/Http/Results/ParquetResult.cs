using System.IO.Pipelines;
using Apache.Arrow;
using TsDb.Adapters.DuckDb;

namespace TsDb.Adapters.Http.Results;

/// <summary>
/// One Parquet file. It is finished in a private temporary file first: its footer comes last.
/// </summary>
internal sealed class ParquetResult(Schema schema) : ResultWriter
{
    private const int CopyBytes = 256 * 1024;

    private readonly Schema _schema = ResultNames.Renamed(schema);

    public override string ContentType => "application/vnd.apache.parquet";

    public override async Task WriteAsync(
        IAsyncEnumerable<RecordBatch> batches, PipeWriter to, CancellationToken ct)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-result-");
        try
        {
            string path = Path.Combine(folder.FullName, "result.parquet");
            await ParquetExport.WriteAsync(_schema, batches, path, ct);
            await using FileStream file =
                new(path, FileMode.Open, FileAccess.Read, FileShare.None, CopyBytes, useAsync: true);
            await file.CopyToAsync(to.AsStream(leaveOpen: true), CopyBytes, ct);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
