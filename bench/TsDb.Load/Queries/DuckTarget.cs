using Apache.Arrow.Ipc;
using DuckDB.NET.Data;

namespace TsDb.Load.Queries;

/// <summary>DuckDB in this process over the segments of a node: no server, no request.</summary>
internal sealed class DuckTarget : IQueryTarget, IDisposable
{
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");

    /// <summary>Takes all Parquet files below the folder for the table.</summary>
    public DuckTarget(string folder)
    {
        _connection.Open();
        Execute("SET parquet_metadata_cache = true");
        Execute(
            $"CREATE VIEW cpu AS SELECT * FROM read_parquet('{folder}/**/*.parquet', union_by_name = true)");
    }

    public string Name => "DuckDB";

    public Task AskAsync(Question question) => CountRowsAsync(question);

    /// <summary>Asks and reads the whole answer; its rows.</summary>
    public async Task<long> CountRowsAsync(Question question)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = question.Sql;
        using IArrowArrayStream rows = command.ExecuteArrowStream();
        long count = 0;
        while (await rows.ReadNextRecordBatchAsync() is { } batch)
        {
            count += batch.Length;
            batch.Dispose();
        }

        return count;
    }

    public void Dispose() => _connection.Dispose();

    private void Execute(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
