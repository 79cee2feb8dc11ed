using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Model;

namespace TsDb.Columnar.Merging;

/// <summary>
/// The columns of all inputs together, first seen first, and where each input has them (-1: not at all).
/// </summary>
internal sealed class MergeColumns
{
    private MergeColumns(List<string> tags, List<Field> fields, int[][] tagPlaces, int[][] fieldPlaces) =>
        (Tags, Fields, TagPlaces, FieldPlaces) = (tags, fields, tagPlaces, fieldPlaces);

    public IReadOnlyList<string> Tags { get; }

    public IReadOnlyList<Field> Fields { get; }

    /// <summary>By input, then by tag: the column of the input's series batch.</summary>
    public int[][] TagPlaces { get; }

    /// <summary>By input, then by field: the column of the input's row batch.</summary>
    public int[][] FieldPlaces { get; }

    /// <summary>
    /// Throws <see cref="ErrorKind.Conflict"/> if a field has two types or a name is a tag here and a field
    /// there: such inputs are of different edges and are never merged.
    /// </summary>
    /// <param name="table">The table of every input.</param>
    /// <param name="inputs">The inputs, oldest first.</param>
    /// <param name="tagsFirst">Tags whose order is known; others follow as they are seen.</param>
    public static MergeColumns Of(
        TableId table, IReadOnlyList<TableBatch> inputs, IEnumerable<string>? tagsFirst = null)
    {
        List<string> tags = [.. (tagsFirst ?? []).Distinct(StringComparer.Ordinal)];
        List<Field> fields = [];
        Dictionary<string,
            int> tagAt = tags.Index().ToDictionary(t => t.Item, t => t.Index, StringComparer.Ordinal);
        Dictionary<string, int> fieldAt = new(StringComparer.Ordinal);
        foreach (TableBatch input in inputs)
        {
            if (input.Table != table)
                throw new TsDbException(
                    ErrorKind.Invalid, $"a batch of {input.Table} cannot be merged into {table}");
            foreach (Field tag in input.Series.Schema.FieldsList)
            {
                if (tagAt.TryAdd(tag.Name, tags.Count)) tags.Add(tag.Name);
            }

            for (int i = TableBatch.FieldsStart; i < input.Rows.ColumnCount; i++)
                AddField(table, input.Rows.Schema.GetFieldByIndex(i), fields, fieldAt);
        }

        string? both = tags.Find(fieldAt.ContainsKey);
        if (both is not null)
            throw new TsDbException(ErrorKind.Conflict, $"column '{both}' of {table} is a tag and a field");
        return new MergeColumns(
            tags, fields, [.. inputs.Select(i => Places(i.Series.Schema, 0, tagAt))],
            [.. inputs.Select(i => Places(i.Rows.Schema, TableBatch.FieldsStart, fieldAt))]);
    }

    /// <summary>A field in all inputs.</summary>
    public FieldPart[] Parts(int field, IReadOnlyList<TableBatch> inputs) =>
        [.. inputs.Select((input, i) => new FieldPart(
        input.RowCount, FieldPlaces[i][field] < 0 ? null : input.Rows.Column(FieldPlaces[i][field])))];

    private static void AddField(
        TableId table, Field field, List<Field> fields, Dictionary<string, int> fieldAt)
    {
        if (fieldAt.TryAdd(field.Name, fields.Count))
        {
            fields.Add(field.IsNullable ? field : new Field(field.Name, field.DataType, nullable: true));
            return;
        }

        ArrowTypeId known = fields[fieldAt[field.Name]].DataType.TypeId;
        if (known != field.DataType.TypeId)
        {
            throw new TsDbException(
                ErrorKind.Conflict,
                $"field '{field.Name}' of {table} is {known} and {field.DataType.TypeId}");
        }
    }

    private static int[] Places(Schema schema, int first, Dictionary<string, int> at)
    {
        int[] places = new int[at.Count];
        places.AsSpan().Fill(-1);
        for (int i = first; i < schema.FieldsList.Count; i++) places[at[schema.GetFieldByIndex(i).Name]] = i;
        return places;
    }
}
