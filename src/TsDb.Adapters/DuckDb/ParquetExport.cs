using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using DuckDB.NET.Data;
using TsDb.Query.Scan;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Writes rows of any schema to a Parquet file, by DuckDB's own writer in a database that sees one folder.
/// </summary>
internal static class ParquetExport
{
    private const long MemoryBytesMax = 256 << 20;
    private const int HugeIntDigits = 38;

    /// <summary>Creates the file and disposes each batch. Memory holds one row group at most.</summary>
    public static async Task WriteAsync(
        Schema schema, IAsyncEnumerable<RecordBatch> batches, string path, CancellationToken ct)
    {
        DuckDbOptions options = new() { Directories = [Path.GetDirectoryName(path)! + "/"], ThreadsMax = 1 };
        using DuckDbInstance instance = new(options, MemoryBytesMax);
        using RowStream rows = new(schema);
        string source =
            string.Create(CultureInfo.InvariantCulture, $"{RowFunction.Name}({instance.Rows.Add(rows)})");
        string columns = string.Join(", ", schema.FieldsList.Select(Column));
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task<int> copy = instance.Thread.RunAsync(() =>
        {
            try
            {
                instance.Execute(
                    $"COPY (SELECT {columns} FROM {source}) TO {ScanText.Literal(path)}"
                    + " (FORMAT parquet, COMPRESSION zstd)");
            }
            finally
            {
                // Whoever still writes rows must not wait for a reader that is gone.
                ended.Cancel();
            }

            return 0;
        });
        try
        {
            await foreach (RecordBatch batch in batches.WithCancellation(ct))
                await rows.WriteAsync(batch, ended.Token);
            rows.Complete();
        }
        catch (Exception error)
        {
            rows.Complete(error);
            await copy.ContinueWith(static _ => { }, TaskScheduler.Default);
            if (error is not OperationCanceledException || ct.IsCancellationRequested) throw;
        }

        try
        {
            await copy;
        }
        catch (DuckDBException error)
        {
            throw DuckDbErrors.Translate(error);
        }
    }

    // Parquet has no 128-bit integers, and DuckDB would make doubles of them.
    private static string Column(Field field)
    {
        string name = ScanText.Quote(field.Name);
        return field.DataType is Decimal128Type { Precision: HugeIntDigits, Scale: 0 }
            ? $"CAST({name} AS DECIMAL({HugeIntDigits}, 0)) AS {name}"
            : name;
    }
}
