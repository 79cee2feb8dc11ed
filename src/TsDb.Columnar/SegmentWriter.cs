using System.Collections.Immutable;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar.Parquet;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// A sorted run to a Parquet file. The same run, facts and options give the same bytes. The format is
/// FORMAT.md.
/// </summary>
public static class SegmentWriter
{
    /// <summary>The first and last bytes of every Parquet file.</summary>
    internal static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <summary>
    /// Writes the whole file at the stream's position, front to back, and leaves the stream open. Throws
    /// <see cref="ErrorKind.Invalid"/> if the run is empty or does not lie in the cell.
    /// </summary>
    /// <returns>What the footer says.</returns>
    public static SegmentManifest Write(
        SortedRun run, SegmentFacts facts, Stream destination, SegmentOptions? options = null)
    {
        options ??= SegmentOptions.Default;
        RequireInCell(run, facts.Cell);
        using PageCompressor compressor = new(options.ZstdLevel);
        ChunkWriter file = new(destination, compressor);
        FileNames names = new();
        FileColumn[] tags = [.. run.Batch.Series.Schema.FieldsList.Select(
            f => Tag(f.Name)).Select(c => FileColumn.Of(names.Take(c), c))];
        EncodingChoice choice = new(compressor, options.RowGroupRowsMax);
        ColumnPlan[] fields =
            [.. Enumerable.Range(TableBatch.FieldsStart, run.Batch.Rows.ColumnCount - TableBatch.FieldsStart)
            .Select(i => Plan(run.Batch.Rows, i, names, choice))];
        SegmentManifest manifest = Describe(run, facts, tags, fields);
        file.Write(Magic);
        List<RowGroupInfo> groups = [];
        RowGroupWriter groupWriter = new(run.Batch, tags, fields, file);
        for (int start = 0; start < run.RowCount;)
        {
            int length = RowGroupLength(run.Batch.Rows, start, options.RowGroupRowsMax);
            groups.Add(groupWriter.Write(start, length));
            start += length;
        }

        ByteSink footer = new();
        FooterWriter.Write(
            footer, [RowGroupWriter.Time, .. tags, .. fields.Select(f => f.Column)], groups,
            ManifestCodec.Encode(manifest));
        footer.WriteInt32(footer.Length);
        footer.Write(Magic);
        file.Write(footer.Written);
        return manifest;
    }

    private static Model.Column Tag(string name) => new(name, ColumnRole.Tag, FieldType.String);

    private static ColumnPlan Plan(RecordBatch rows, int column, FileNames names, EncodingChoice choice)
    {
        Field field = rows.Schema.GetFieldByIndex(column);
        Model.Column logical = new(field.Name, ColumnRole.Field, field.DataType.TypeId switch
        {
            ArrowTypeId.Double => FieldType.Float64,
            ArrowTypeId.Int64 => FieldType.Int64,
            ArrowTypeId.UInt64 => FieldType.UInt64,
            ArrowTypeId.Boolean => FieldType.Boolean,
            ArrowTypeId.String => FieldType.String,
            _ => throw new TsDbException(
                ErrorKind.Invalid, $"field '{field.Name}' is of type {field.DataType.Name}"),
        });
        return choice.Choose(names.Take(logical), logical, rows.Column(column));
    }

    private static SegmentManifest Describe(
        SortedRun run, SegmentFacts facts, FileColumn[] tags, ColumnPlan[] fields) => new()
    {
        Cell = facts.Cell,
        Incarnation = facts.Incarnation,
        Ordinals = facts.Ordinals,
        Range = run.Range,
        Rows = run.RowCount,
        SeriesCount = run.SeriesCount,
        Tags = [.. tags.Select(t => t.Logical)],
        Fields = [.. fields.Select(f => f.Column.Logical)],
        NamesInFile = tags.Concat(fields.Select(f => f.Column)).Where(c => c.Name != c.Logical.Name)
            .ToImmutableSortedDictionary(c => c.Logical.Name, c => c.Name, StringComparer.Ordinal),
        DecimalScales = fields.Where(f => f.Column.Scale >= 0)
            .ToImmutableSortedDictionary(
                f => f.Column.Logical.Name, f => f.Column.Scale, StringComparer.Ordinal),
    };

    private static void RequireInCell(SortedRun run, Cell cell)
    {
        if (run.RowCount == 0)
            throw new TsDbException(ErrorKind.Invalid, $"a segment of {cell} would have no rows");
        if (run.Batch.Table != cell.Table || Day.Of(run.TimeFirst) != cell.Day
            || Day.Of(run.TimeLast) != cell.Day)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"rows of {run.Batch.Table} from {Day.Of(run.TimeFirst)} to {Day.Of(run.TimeLast)} "
                + $"do not lie in {cell}");
        }
    }

    /// <summary>
    /// Rows up to the limit, fewer where a text field would fill a page beyond what readers like.
    /// </summary>
    private static int RowGroupLength(RecordBatch rows, int start, int rowsMax)
    {
        int length = Math.Min(rowsMax, rows.Length - start);
        foreach (StringArray text in rows.Arrays.OfType<StringArray>())
        {
            ReadOnlySpan<int> offsets = text.ValueOffsets;
            while (length > 1
                && (long)offsets[start + length] - offsets[start] > SegmentOptions.RowGroupTextBytesMax)
                length /= 2;
        }

        return length;
    }
}
