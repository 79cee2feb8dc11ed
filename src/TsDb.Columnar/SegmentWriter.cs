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

    /// <summary>The column that every file begins with.</summary>
    internal static FileColumn Time { get; } = FileColumn.Of(
        FileNames.Time, new Model.Column(FileNames.Time, ColumnRole.Time, FieldType.Int64));

    /// <summary>
    /// Writes the whole file at the stream's position, front to back, and leaves the stream open. Throws
    /// <see cref="ErrorKind.Invalid"/> if the run is empty or does not lie in the cell.
    /// </summary>
    /// <returns>What the footer says.</returns>
    public static SegmentManifest Write(
        SortedRun run, SegmentFacts facts, Stream destination, SegmentOptions? options = null) =>
        run.Batch.Table == facts.Cell.Table
            ? Write(new RunRows(run), facts, destination, options ?? SegmentOptions.Default)
            : throw new TsDbException(
                ErrorKind.Invalid, $"rows of {run.Batch.Table} do not lie in {facts.Cell}");

    /// <summary>Writes the points of a cell, putting them together field by field.</summary>
    /// <returns>What the footer says.</returns>
    public static SegmentManifest Write(
        CellRows rows, SegmentFacts facts, Stream destination, SegmentOptions? options = null) =>
        Write((ISegmentRows)rows, facts, destination, options ?? SegmentOptions.Default);

    /// <summary>
    /// Merges files by key into one, as <see cref="KeyMerge"/> would their rows. Memory holds the keys of all
    /// inputs and one field at a time: about 50 bytes a row. The readers stay the caller's. Errors as those
    /// of the merge and of the readers.
    /// </summary>
    /// <param name="oldestFirst">Files of one table and edge, of which a later one is newer.</param>
    /// <param name="facts">What the rows do not say.</param>
    /// <param name="destination">Where the file goes.</param>
    /// <param name="options">How it is written; null for the default.</param>
    /// <param name="without">What is left out; null for nothing. If nothing is left the file has no rows and
    /// no row groups, but all columns, and the first nanosecond of the day as its range.</param>
    public static SegmentManifest Merge(
        IReadOnlyList<SegmentReader> oldestFirst, SegmentFacts facts, Stream destination,
        SegmentOptions? options = null, PointMask? without = null)
    {
        MergedRows rows = new(facts.Cell.Table, oldestFirst, without ?? PointMask.None);
        return rows.Times.IsEmpty
            ? WriteEmpty(oldestFirst, facts, destination)
            : Write(rows, facts, destination, options ?? SegmentOptions.Default);
    }

    /// <summary>What a file without rows says of its times.</summary>
    internal static TimeRange RangeOfNothing(Day day) =>
        TimeRange.Of(day.Range.StartNanoseconds, day.Range.StartNanoseconds);

    private static SegmentManifest WriteEmpty(
        IReadOnlyList<SegmentReader> files, SegmentFacts facts, Stream destination)
    {
        FileNames names = new();
        TableSchema schema = MergedRows.SchemaOf(facts.Cell.Table, files);
        List<FileColumn> columns =
        [
            Time, .. schema.Tags.Concat(schema.Fields).Select(c => FileColumn.Of(names.Take(c), c)),
        ];
        SegmentManifest manifest = Describe(
            facts, RangeOfNothing(facts.Cell.Day), rows: 0, seriesCount: 0, columns);
        List<EncodedChunk[]> none = [.. columns.Select(_ => System.Array.Empty<EncodedChunk>())];
        Assemble(destination, columns, none, [], manifest);
        return manifest;
    }

    private static SegmentManifest Write(
        ISegmentRows rows, SegmentFacts facts, Stream destination, SegmentOptions options)
    {
        TimeRange range = RangeOf(rows.Times, facts.Cell);
        using PageCompressor compressor = new(options.ZstdLevel);
        List<Range> groups = RowGroups(rows, options.RowGroupRowsMax);
        ColumnEncoder encoder = new(groups, compressor);
        FileNames names = new();
        List<FileColumn> columns = [Time];
        List<EncodedChunk[]> chunks = [encoder.Time(Time, rows.Times)];
        List<List<(int Series, int Rows)>> runs = [.. Runs(rows, groups)];
        for (int tag = 0; tag < rows.Series.ColumnCount; tag++)
        {
            Model.Column logical = new(
                rows.Series.Schema.GetFieldByIndex(tag).Name, ColumnRole.Tag, FieldType.String);
            columns.Add(FileColumn.Of(names.Take(logical), logical));
            chunks.Add(encoder.Tag(columns[^1], (StringArray)rows.Series.Column(tag), runs));
        }

        EncodingChoice choice = new(compressor, options.RowGroupRowsMax);
        for (int field = 0; field < rows.Fields.Count; field++)
        {
            if (rows.Column(field) is not { } array) continue;
            Model.Column logical = Logical(rows.Fields[field]);
            ColumnPlan plan = choice.Choose(names.Take(logical), logical, array);
            columns.Add(plan.Column);
            chunks.Add(encoder.Field(plan, array));
        }

        SegmentManifest manifest = Describe(facts, range, rows.Times.Length, rows.Series.Length, columns);
        Assemble(destination, columns, chunks, groups, manifest);
        return manifest;
    }

    private static void Assemble(
        Stream destination, List<FileColumn> columns, List<EncodedChunk[]> chunks, List<Range> groups,
        SegmentManifest manifest)
    {
        destination.Write(Magic);
        long at = Magic.Length;
        List<RowGroupInfo> infos = [];
        for (int group = 0; group < groups.Count; group++)
        {
            List<ChunkInfo> ofGroup = [];
            foreach (EncodedChunk[] column in chunks)
            {
                ofGroup.Add(column[group].At(at));
                destination.Write(column[group].Bytes);
                at += column[group].Bytes.Length;
            }

            infos.Add(new RowGroupInfo(groups[group].End.Value - groups[group].Start.Value, ofGroup));
        }

        ByteSink footer = new();
        FooterWriter.Write(footer, columns, infos, ManifestCodec.Encode(manifest));
        footer.WriteInt32(footer.Length);
        footer.Write(Magic);
        destination.Write(footer.Written);
    }

    internal static Model.Column Logical(Field field) =>
        new(field.Name, ColumnRole.Field, field.DataType.TypeId switch
    {
        ArrowTypeId.Double => FieldType.Float64,
        ArrowTypeId.Int64 => FieldType.Int64,
        ArrowTypeId.UInt64 => FieldType.UInt64,
        ArrowTypeId.Boolean => FieldType.Boolean,
        ArrowTypeId.String => FieldType.String,
        _ => throw new TsDbException(
            ErrorKind.Invalid, $"field '{field.Name}' is of type {field.DataType.Name}"),
    });

    private static SegmentManifest Describe(
        SegmentFacts facts, TimeRange range, long rows, long seriesCount, List<FileColumn> columns) => new()
    {
        Cell = facts.Cell,
        Incarnation = facts.Incarnation,
        Ordinals = facts.Ordinals,
        Range = range,
        Rows = rows,
        SeriesCount = seriesCount,
        Tags = [.. columns.Select(c => c.Logical).Where(c => c.Role == ColumnRole.Tag)],
        Fields = [.. columns.Select(c => c.Logical).Where(c => c.Role == ColumnRole.Field)],
        NamesInFile = columns.Where(c => c.Name != c.Logical.Name)
            .ToImmutableSortedDictionary(c => c.Logical.Name, c => c.Name, StringComparer.Ordinal),
        DecimalScales = columns.Where(c => c.Scale >= 0)
            .ToImmutableSortedDictionary(c => c.Logical.Name, c => c.Scale, StringComparer.Ordinal),
    };

    /// <summary>The times of the rows, all of which lie in the cell.</summary>
    private static TimeRange RangeOf(ReadOnlySpan<long> times, Cell cell)
    {
        if (times.IsEmpty)
            throw new TsDbException(ErrorKind.Invalid, $"a segment of {cell} would have no rows");
        (long first, long last) = WordBounds.Of(times);
        if (Day.Of(first) == cell.Day && Day.Of(last) == cell.Day) return SortedRun.RangeOf(first, last);
        throw new TsDbException(
            ErrorKind.Invalid, $"rows from {Day.Of(first)} to {Day.Of(last)} do not lie in {cell}");
    }

    /// <summary>
    /// Rows up to the limit, fewer where a text field would fill a page beyond what readers like.
    /// </summary>
    private static List<Range> RowGroups(ISegmentRows rows, int rowsMax)
    {
        StringArray[] texts = [.. Enumerable.Range(0, rows.Fields.Count)
            .Where(f => rows.Fields[f].DataType.TypeId == ArrowTypeId.String)
            .Select(rows.Column).OfType<StringArray>()];
        List<Range> groups = [];
        for (int start = 0; start < rows.Times.Length;)
        {
            int length = Math.Min(rowsMax, rows.Times.Length - start);
            foreach (StringArray text in texts)
            {
                ReadOnlySpan<int> offsets = text.ValueOffsets;
                while (length > 1
                    && (long)offsets[start + length] - offsets[start] > SegmentOptions.RowGroupTextBytesMax)
                    length /= 2;
            }

            groups.Add(start..(start + length));
            start += length;
        }

        return groups;
    }

    private static IEnumerable<List<(int Series, int Rows)>> Runs(ISegmentRows rows, List<Range> groups)
    {
        foreach (Range group in groups)
        {
            ReadOnlySpan<int> series = rows.SeriesIndex[group];
            List<(int, int)> runs = [];
            for (int start = 0; start < series.Length;)
            {
                int length = series[start..].IndexOfAnyExcept(series[start]);
                if (length < 0) length = series.Length - start;
                runs.Add((series[start], length));
                start += length;
            }

            yield return runs;
        }
    }
}
