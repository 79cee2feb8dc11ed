using System.Globalization;
using DuckDB.NET.Data;
using TsDb.Adapters.DuckDb.Aggregates;
using TsDb.Query.Scan;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// One in-memory database of DuckDB with one connection and one thread: what a single statement runs in.
/// Memory and threads are its own, so a statement cannot take another's. Its configuration is locked before
/// any statement comes: files outside the given folders, settings, extensions and the network are out of
/// reach.
/// </summary>
internal sealed class DuckDbInstance : IDisposable
{
    private readonly DuckDBConnection _connection;

    public DuckDbInstance(DuckDbOptions options, long memoryBytesMax)
    {
        MemoryBytesMax = memoryBytesMax;
        Directories = options.Directories;
        Thread = new QueryThread("query");
        _connection = new DuckDBConnection("DataSource=:memory:");
        Rows = new RowFunction();
        try
        {
            // On its own thread: DuckDB's threads are made here and come after those that take points.
            Thread.RunAsync(() => Open(options)).GetAwaiter().GetResult();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The memory that this database may use, in bytes.</summary>
    public long MemoryBytesMax { get; }

    /// <summary>The place of the statement that runs in it.</summary>
    public Turn? Turn { get; set; }

    /// <summary>True if a statement left something behind that could not be taken away.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>The folders whose files it may open.</summary>
    public IReadOnlyList<string> Directories { get; }

    /// <summary>Where all calls to this database run.</summary>
    public QueryThread Thread { get; }

    /// <summary>The table function for rows in memory.</summary>
    public RowFunction Rows { get; }

    /// <summary>A statement to be run and read.</summary>
    public DuckDBCommand Command(string sql)
    {
        DuckDBCommand command = _connection.CreateCommand();
        command.UseStreamingMode = true;
#pragma warning disable CA2100 // The guard has checked the statement; the rest is text of ours.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }

    /// <summary>Runs statements of ours.</summary>
    public void Execute(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // Text of ours only.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>Makes what runs on the connection fail soon; from any thread.</summary>
    public void Interrupt() => DuckDbNative.Interrupt(_connection.NativeConnection.DangerousGetHandle());

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        Thread.Dispose();
    }

    private int Open(DuckDbOptions options)
    {
        _connection.Open();
        Rows.Register(_connection);
        TimeBuckets.Register(_connection);
        SizedCalls.Register(_connection);
        SqlAggregates.Register(_connection, MemoryBytesMax / 2);
        Execute(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SET memory_limit = '{MemoryBytesMax}B';
            SET threads = {options.ThreadsMax};
            SET TimeZone = 'UTC';
            SET Calendar = 'gregorian';
            SET temp_directory = '';
            SET parquet_metadata_cache = true;
            SET autoinstall_known_extensions = false;
            SET autoload_known_extensions = false;
            SET allow_community_extensions = false;
            SET allowed_directories = [{string.Join(", ", options.Directories.Select(ScanText.Literal))}];
            """));
        Execute(SqlMacros.Text);
        Execute("SET enable_external_access = false; SET lock_configuration = true;");
        return 0;
    }
}
