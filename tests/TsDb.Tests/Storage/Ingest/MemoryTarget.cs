using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage.Ingest;

/// <summary>A write target without a disk: keeps points and schemas, refuses or waits when told to.</summary>
internal sealed class MemoryTarget : IWriteTarget
{
    private readonly Lock _gate = new();
    private readonly List<TableBatch> _batches = [];
    private int _waiting;

    public SchemaCatalog Schemas { get; set; } = SchemaCatalog.Empty;

    /// <summary>Thrown by every commit while it is set.</summary>
    public TsDbException? Failure { get; set; }

    /// <summary>Commits complete after this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Commits that were asked for.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Points per table, in commit order.</summary>
    public IReadOnlyList<ModelPoint> Points(string database, string table)
    {
        lock (_gate)
        {
            return [.. _batches.Where(b => b.Table == new TableId(database, table)).SelectMany(
                ModelBatches.Read)];
        }
    }

    public IReadOnlyList<TableBatch> Batches
    {
        get
        {
            lock (_gate) return [.. _batches];
        }
    }

    public async Task<CommitOutcome> CommitAsync(WriteRequest request, CancellationToken ct)
    {
        Interlocked.Increment(ref _waiting);
        await Gate.WaitAsync(ct);
        if (Failure is not null) throw Failure;
        lock (_gate)
        {
            SchemaCatalog schemas = Schemas;
            try
            {
                foreach (TableBatch batch in request.Batches)
                {
                    TableSchema known = schemas.Find(batch.Table) ?? TableSchema.Empty(batch.Table);
                    schemas = schemas.With(known.With(ColumnsOf(batch)));
                }
            }
            catch (TsDbException)
            {
                return CommitOutcome.SchemaChanged;
            }

            Schemas = schemas;
            _batches.AddRange(request.Batches);
            return CommitOutcome.Committed;
        }
    }

    public static IEnumerable<Column> ColumnsOf(TableBatch batch)
    {
        foreach (Apache.Arrow.Field tag in batch.Series.Schema.FieldsList)
            yield return new Column(tag.Name, ColumnRole.Tag, FieldType.String);
        foreach (Apache.Arrow.Field field in batch.Rows.Schema.FieldsList.Skip(TableBatch.FieldsStart))
        {
            yield return new Column(field.Name, ColumnRole.Field, field.DataType switch
            {
                Apache.Arrow.Types.DoubleType => FieldType.Float64,
                Apache.Arrow.Types.Int64Type => FieldType.Int64,
                Apache.Arrow.Types.UInt64Type => FieldType.UInt64,
                Apache.Arrow.Types.BooleanType => FieldType.Boolean,
                _ => FieldType.String,
            });
        }
    }
}
