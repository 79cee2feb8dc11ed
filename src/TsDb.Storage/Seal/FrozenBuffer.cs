using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Storage.Seal;

/// <summary>The hot rows of every commit up to <paramref name="Covered"/>, ordered by table.</summary>
internal sealed record FrozenBuffer(
    CommitSequence Covered,
    SchemaCatalog Schemas,
    ImmutableSortedDictionary<TableId, IReadOnlyList<TableBatch>> Tables,
    long Rows,
    long Bytes)
{
    /// <summary>The frozen rows of a version.</summary>
    public static FrozenBuffer Of(StoreVersion version) => new(
        version.Sequence,
        version.Schemas,
        version.Hot.Tables.Where(table => table.Value.Frozen.Count > 0).ToImmutableSortedDictionary(
            table => table.Key, table => (IReadOnlyList<TableBatch>)table.Value.Frozen),
        version.Hot.FrozenRows,
        version.Hot.FrozenBytes);

    /// <summary>The schemas that the catalog does not have yet in this form.</summary>
    public ImmutableArray<TableSchema> SchemasSince(SchemaCatalog known) =>
        [.. Schemas.All.Where(schema => !ReferenceEquals(known.Find(schema.Table), schema))];
}
