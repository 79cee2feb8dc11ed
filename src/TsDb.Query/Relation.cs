using TsDb.Columnar;

namespace TsDb.Query;

/// <summary>Something a statement can select from, under a name.</summary>
public abstract record Relation
{
    private Relation(string name) => Name = name;

    /// <summary>The name the statement uses, without quotes; may be qualified as
    /// <c>database.table</c>.</summary>
    public string Name { get; }

    /// <summary>
    /// Points of a table: the columns <c>time</c> (TIMESTAMP_NS), <c>edge</c> and the resolved columns, each
    /// key once,
    /// the newest value of each field.
    /// </summary>
    /// <param name="Name">The name the statement uses.</param>
    /// <param name="Table">Resolved columns.</param>
    /// <param name="Snapshot">Where the rows are.</param>
    /// <param name="Mask">What of them is erased and must not be seen.</param>
    /// <param name="Scope">Rows outside it need not be read (the statement's own WHERE still
    /// applies).</param>
    public sealed record Points(
        string Name, ResolvedTable Table, TableSnapshot Snapshot, PointMask Mask, ScanScope Scope)
        : Relation(Name);

    /// <summary>Rows at hand, such as partial states from other nodes. All batches have the schema
    /// given.</summary>
    /// <param name="Name">The name the statement uses.</param>
    /// <param name="Schema">The columns.</param>
    /// <param name="Batches">The rows.</param>
    public sealed record Rows(
        string Name, Apache.Arrow.Schema Schema, IReadOnlyList<Apache.Arrow.RecordBatch> Batches)
        : Relation(Name);
}
