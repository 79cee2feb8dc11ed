using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query;

/// <summary>
/// Brings the columns that edges and segments have for one table together into what SQL sees (DESIGN: data
/// model). The answer depends only on the set of columns given, not on their order, so that every node
/// resolves alike.
/// </summary>
public static class TypeResolver
{
    /// <summary>The SQL name of a point's time.</summary>
    public const string TimeName = "time";

    /// <summary>The SQL name of the edge that took a point.</summary>
    public const string EdgeName = "edge";

    /// <summary>
    /// Resolves a table from the columns of every schema and manifest in the catalog, repeats included. Tags
    /// come first, then fields, each by ordinal name. A name that is a tag here and a field there is text and
    /// counts as a field.
    /// </summary>
    public static ResolvedTable Resolve(TableId table, IEnumerable<Column> columns)
    {
        SortedDictionary<string, Kinds> byName = new(StringComparer.Ordinal);
        foreach (Column column in columns)
        {
            if (column.Role == ColumnRole.Time) continue;
            byName[column.Name] = byName.GetValueOrDefault(column.Name).With(column);
        }

        List<(string Name, Kinds Kinds)> ordered =
            [.. byName.Where(pair => pair.Value.IsTagOnly).Select(pair => (pair.Key, pair.Value))];
        ordered.AddRange(byName.Where(pair => !pair.Value.IsTagOnly).Select(pair => (pair.Key, pair.Value)));
        string[] sqlNames = SqlNames.Of([.. ordered.Select(column => column.Name)]);
        ImmutableArray<ResolvedColumn>.Builder resolved =
            ImmutableArray.CreateBuilder<ResolvedColumn>(ordered.Count);
        for (int i = 0; i < sqlNames.Length; i++)
        {
            (string name, Kinds kinds) = ordered[i];
            ColumnRole role = kinds.IsTagOnly ? ColumnRole.Tag : ColumnRole.Field;
            resolved.Add(new ResolvedColumn(sqlNames[i], name, role, kinds.Type, kinds.HasConflict));
        }

        return new ResolvedTable(table, resolved.MoveToImmutable());
    }

    /// <summary>Resolves a table from the schemas and the manifests that describe it.</summary>
    public static ResolvedTable Resolve(
        TableId table, IEnumerable<TableSchema> schemas, IEnumerable<SegmentManifest> manifests) =>
        Resolve(table, schemas.SelectMany(schema => schema.Tags.Concat(schema.Fields))
            .Concat(manifests.SelectMany(manifest => manifest.Tags.Concat(manifest.Fields))));

    /// <summary>The resolved type of a field that has one type everywhere.</summary>
    public static ResolvedType TypeOf(FieldType type) => type switch
    {
        FieldType.Float64 => ResolvedType.Double,
        FieldType.Int64 => ResolvedType.BigInt,
        FieldType.UInt64 => ResolvedType.UBigInt,
        FieldType.Boolean => ResolvedType.Boolean,
        _ => ResolvedType.Text,
    };

    // What a name was seen as: bit 0 tag, bit n field of type number n.
    private readonly record struct Kinds(int Bits)
    {
        private const int TagBit = 1;
        private const int IntegerBits = 1 << (int)FieldType.Int64 | 1 << (int)FieldType.UInt64;
        private const int FloatBit = 1 << (int)FieldType.Float64;

        public bool IsTagOnly => Bits == TagBit;

        public bool HasConflict => !int.IsPow2(Bits);

        public ResolvedType Type => Bits switch
        {
            1 << (int)FieldType.Int64 => ResolvedType.BigInt,
            1 << (int)FieldType.UInt64 => ResolvedType.UBigInt,
            IntegerBits => ResolvedType.HugeInt,
            1 << (int)FieldType.Boolean => ResolvedType.Boolean,
            _ when (Bits & FloatBit) != 0 && (Bits & ~(FloatBit | IntegerBits)) == 0 => ResolvedType.Double,
            _ => ResolvedType.Text,
        };

        public Kinds With(Column column) =>
            new(Bits | (column.Role == ColumnRole.Tag ? TagBit : 1 << (int)column.Type));
    }
}
