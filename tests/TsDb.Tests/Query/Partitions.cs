using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using DuckDB.NET.Data;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Analysis;
using TsDb.Query.Planning;
using TsDb.Query.Ports;
using Column = TsDb.Model.Column;

namespace TsDb.Tests.Query;

/// <summary>
/// Rows of one table, split over parts that stand for nodes: a statement is planned, its fragments run on
/// each part by
/// itself, and the final statement on their rows together. Everything stays inside one DuckDB, so that only
/// the plan is
/// under test.
/// </summary>
internal sealed class Partitions : ISqlEngine, IDisposable
{
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");

    public Partitions()
    {
        _connection.Open();
        Grammar = new DuckDbGrammar(_connection);
        Planner = new Planner(Grammar, this, TimeProvider.System);
    }

    public DuckDbGrammar Grammar { get; }

    public Planner Planner { get; }

    public static ResolvedTable Cpu { get; } = TypeResolver.Resolve(
        new TableId("db", "cpu"),
        [
            new Column("host", ColumnRole.Tag, FieldType.String),
            new Column("rack", ColumnRole.Tag, FieldType.String),
            new Column("f", ColumnRole.Field, FieldType.Float64),
            new Column("i", ColumnRole.Field, FieldType.Int64),
            new Column("u", ColumnRole.Field, FieldType.UInt64),
            new Column("wide", ColumnRole.Field, FieldType.Int64),
            new Column("wide", ColumnRole.Field, FieldType.UInt64),
            new Column("b", ColumnRole.Field, FieldType.Boolean),
            new Column("s", ColumnRole.Field, FieldType.String),
        ]);

    /// <summary>Makes the table's rows and deals them out.</summary>
    public void Load(string rowsSql, int parts, string partOf)
    {
        string columns = string.Join(", ", Cpu.Columns.Select(column => column.SqlName));
        Run($"CREATE OR REPLACE TABLE all_rows AS SELECT time, edge, {columns} FROM ({rowsSql})");
        for (int part = 0; part < parts; part++)
        {
            Run(string.Create(
                CultureInfo.InvariantCulture,
                $"CREATE OR REPLACE TABLE part{part} AS SELECT * FROM all_rows WHERE ({partOf}) % {parts} "
                    + $"= {part}"));
        }
    }

    /// <summary>The rows of the statement run as it is on all rows, as the one-node answer.</summary>
    public List<object?[]> Whole(string sql, out string[] names)
    {
        LocalPlan plan = PlanLocal(sql);
        return Local(plan, out names);
    }

    public LocalPlan PlanLocal(string sql)
    {
        Statement statement = Statement.Parse(Grammar, sql);
        return Planner.PlanLocalAsync(statement, Tables(statement),
            CancellationToken.None).GetAwaiter().GetResult();
    }

    public DistributedPlan Plan(string sql)
    {
        Statement statement = Statement.Parse(Grammar, sql);
        return Planner.PlanAsync(statement, Tables(statement),
            CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>The rows of the statement as DuckDB itself answers it.</summary>
    public List<object?[]> Plain(string sql, out string[] names)
    {
        Run("CREATE OR REPLACE VIEW cpu AS SELECT * FROM all_rows");
        return Read(sql, out names);
    }

    public List<object?[]> Split(string sql, int parts, out string[] names, out DistributedPlan plan)
    {
        plan = Plan(sql);
        foreach (PlannedFragment fragment in plan.Fragments)
        {
            Run($"DROP TABLE IF EXISTS {fragment.ResultName}");
            for (int part = 0; part < parts; part++)
            {
                Run(string.Create(
                    CultureInfo.InvariantCulture,
                    $"CREATE OR REPLACE TEMP VIEW {fragment.RelationName} AS SELECT * FROM part{part} "
                    + $"WHERE {ScopeSql(fragment.Scope)}"));
                string target = part == 0
                    ? $"CREATE TABLE {fragment.ResultName}_new AS "
                    : $"INSERT INTO {fragment.ResultName}_new ";
                Run(target + fragment.Sql);
            }

            Run($"DROP VIEW {fragment.RelationName}");
            Run($"ALTER TABLE {fragment.ResultName}_new RENAME TO {fragment.ResultName}");
        }

        return Read(plan.FinalSql, out names);
    }

    public Task<ISqlResult> ExecuteAsync(SqlRequest request, CancellationToken ct)
    {
        foreach (Relation.Points points in request.Relations.OfType<Relation.Points>())
        {
            string columns = string.Join(", ", points.Table.Columns.Select(column =>
                $"CAST(NULL AS {SqlType(column.Type)}) AS \"{column.SqlName}\""));
            Run($"CREATE OR REPLACE TEMP VIEW {points.Name} AS SELECT CAST(NULL AS TIMESTAMP_NS) AS time, "
                + $"CAST(NULL AS VARCHAR) AS edge, {columns} WHERE false");
        }

        List<object?[]> rows = Read(request.Sql, out string[] names);
        foreach (Relation relation in request.Relations) Run($"DROP VIEW IF EXISTS {relation.Name}");
        return Task.FromResult<ISqlResult>(new TextResult(names, rows));
    }

    public void Dispose() => _connection.Dispose();

    public void Run(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        try
        {
            command.ExecuteNonQuery();
        }
        catch (DuckDBException broken)
        {
            throw new TsDbException(ErrorKind.Invalid, $"{broken.Message} in: {sql}", broken);
        }
    }

    public List<object?[]> Read(string sql, out string[] names)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        try
        {
            using DuckDBDataReader reader = command.ExecuteReader();
            names = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
            List<object?[]> rows = [];
            while (reader.Read())
            {
                rows.Add([.. Enumerable.Range(0, reader.FieldCount)
                    .Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
            }

            return rows;
        }
        catch (DuckDBException broken)
        {
            throw new TsDbException(ErrorKind.Invalid, $"{broken.Message} in: {sql}", broken);
        }
    }

    private static Dictionary<TableName, ResolvedTable> Tables(Statement statement) =>
        statement.Tables.ToDictionary(name => name, _ => Cpu);

    // What a scan may leave out, left out: a scope that is too narrow shows.
    private static string ScopeSql(ScanScope scope)
    {
        string edges = scope.Edges is null
            ? "true"
            : $"edge IN ({string.Join(", ", scope.Edges.Select(edge => $"'{edge}'").Append("NULL"))})";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"epoch_ns(time) >= {scope.Range.StartNanoseconds} AND "
            + $"epoch_ns(time) < {scope.Range.EndNanoseconds} AND {edges}");
    }

    private static string SqlType(ResolvedType type) => type switch
    {
        ResolvedType.Double => "DOUBLE",
        ResolvedType.BigInt => "BIGINT",
        ResolvedType.UBigInt => "UBIGINT",
        ResolvedType.HugeInt => "HUGEINT",
        ResolvedType.Boolean => "BOOLEAN",
        _ => "VARCHAR",
    };

    private List<object?[]> Local(LocalPlan plan, out string[] names)
    {
        foreach (LocalScan scan in plan.Scans)
        {
            Run($"CREATE OR REPLACE TEMP VIEW {scan.RelationName} AS SELECT * FROM all_rows "
                + $"WHERE {ScopeSql(scan.Scope)}");
        }

        List<object?[]> rows = Read(plan.Sql, out names);
        foreach (LocalScan scan in plan.Scans) Run($"DROP VIEW {scan.RelationName}");
        return rows;
    }

    private sealed class TextResult(string[] names, List<object?[]> rows) : ISqlResult
    {
        public Schema Schema { get; } =
            new(names.Select(name => new Field(name, StringType.Default, true)), metadata: null);

        public async IAsyncEnumerable<RecordBatch> ReadAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            await Task.CompletedTask;
            ct.ThrowIfCancellationRequested();
            IArrowArray[] columns = [.. names.Select((_, i) => new StringArray.Builder().AppendRange(
                rows.Select(row => Convert.ToString(row[i], CultureInfo.InvariantCulture))).Build())];
            yield return new RecordBatch(Schema, columns, rows.Count);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
