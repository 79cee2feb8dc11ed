using Apache.Arrow;
using TsDb.Columnar.Merging;
using TsDb.Columnar.Parquet;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// Reads a segment file. Nothing in the file is trusted: every length and place is checked, and what does not
/// fit ends in <see cref="ErrorKind.Corrupt"/> with the file's name. Not safe for use by several threads.
/// </summary>
public sealed class SegmentReader : IDisposable
{
    private static readonly IReadOnlySet<string> EmptySet = new HashSet<string>();

    private readonly string _name;
    private readonly FileFooter _footer;
    private readonly RowGroupReader _groups;

    private SegmentReader(Stream file, string name, FileFooter footer, SegmentManifest manifest)
    {
        (_name, _footer, Manifest) = (name, footer, manifest);
        _groups = new RowGroupReader(manifest.Cell.Table, Columns(manifest), file);
    }

    /// <summary>What the file says of itself.</summary>
    public SegmentManifest Manifest { get; }

    /// <summary>Number of row groups.</summary>
    public int RowGroupCount => _footer.RowGroups.Count;

    /// <summary>
    /// Reads the footer and keeps the stream, which must be able to seek and stays the caller's. Throws
    /// <see cref="ErrorKind.Corrupt"/> if it is not a segment, <see cref="ErrorKind.Invalid"/> if its format
    /// is newer than this program.
    /// </summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">How errors call the file.</param>
    public static SegmentReader Open(Stream file, string name = "segment") => Guarded(name, () =>
    {
        FileFooter footer = FooterReader.Read(FooterBytes(file));
        SegmentManifest manifest = ManifestCodec.Decode(
            footer.Manifest ?? throw Damage.Found("it is a Parquet file without a manifest"));
        RequireSchema(footer, manifest);
        return new SegmentReader(file, name, footer, manifest);
    });

    /// <summary>
    /// Reads only the manifest, for which only the footer is read. Errors as <see cref="Open"/>.
    /// </summary>
    public static SegmentManifest ReadManifest(Stream file, string name = "segment")
    {
        using SegmentReader reader = Open(file, name);
        return reader.Manifest;
    }

    /// <inheritdoc/>
    public void Dispose() => _groups.Dispose();

    /// <summary>
    /// The points, with all tags. Row groups whose times do not touch the range are not read.
    /// </summary>
    /// <param name="fields">Logical names of the fields to decode; null for all.</param>
    /// <param name="range">Times to return; null for all.</param>
    public SortedRun Read(IReadOnlySet<string>? fields = null, TimeRange? range = null) =>
        Guarded(_name, () =>
    {
        List<TableBatch> parts = [];
        for (int i = 0; i < RowGroupCount; i++)
        {
            if (range is { } wanted && !RangeOf(i).Overlaps(wanted)) continue;
            SortedRun part = ReadRowGroup(i, fields, range);
            if (part.RowCount > 0) parts.Add(part.Batch);
        }

        return RunConcat.Of(Manifest.Cell.Table, [.. Manifest.Tags.Select(t => t.Name)], parts);
    });

    /// <summary>One row group's points: a run that ends before the next row group's begins.</summary>
    public SortedRun ReadRowGroup(int index, IReadOnlySet<string>? fields = null, TimeRange? range = null) =>
        Guarded(_name, () =>
        {
            SortedRun run = new(_groups.Read(
                _footer.RowGroups[index], column => fields is null || fields.Contains(column.Name)));
            return range is { } wanted ? run.Within(wanted) : run;
        });

    /// <summary>The times of a row group, as the footer says; all times where it says nothing.</summary>
    internal TimeRange RangeOf(int group)
    {
        ChunkStatistics times = _footer.RowGroups[group].Chunks[0].Statistics;
        if (times.Min is not { Length: sizeof(long) } min || times.Max is not { Length: sizeof(long) } max)
            return TimeRange.All;
        (long first, long last) = (BitConverter.ToInt64(min), BitConverter.ToInt64(max));
        return first > last ? TimeRange.All : SortedRun.RangeOf(first, last);
    }

    /// <summary>The columns as the file holds them, in file order. Only the footer is needed.</summary>
    public IReadOnlyList<SegmentColumn> DescribeColumns()
    {
        FileColumn[] columns = Columns(Manifest);
        return [.. columns.Select((column, i) =>
        {
            ChunkInfo[] chunks = [.. _footer.RowGroups.Select(g => g.Chunks[i])];
            IEnumerable<string> encodings = chunks.Select(c =>
                $"{c.Encoding}{(c.Codec == PageCodec.None ? "" : $" + {c.Codec}")}").Distinct();
            return new SegmentColumn(
                column.Logical, column.Name, StorageOf(column), string.Join(", ", encodings),
                chunks.Sum(c => c.CompressedBytes),
                chunks.Sum(c => c.ValuesCount - c.Statistics.NullCount));
        })];
    }

    /// <summary>Rows of a row group.</summary>
    internal int RowsOf(int group) => checked((int)_footer.RowGroups[group].Rows);

    /// <summary>The keys of a row group, without fields.</summary>
    internal TableBatch ReadKeys(int group) => ReadRowGroup(group, EmptySet).Batch;

    /// <summary>One field of a row group; null if the file has no such field.</summary>
    internal IArrowArray? ReadField(int group, string name) =>
        Guarded(_name, () => _groups.ReadField(_footer.RowGroups[group], name));

    /// <summary>
    /// Decodes everything and compares it with the manifest: the order of rows within and between row groups,
    /// that no key repeats, the cell's day, the counts of rows and series, and the time range. A file whose
    /// rows were all erased has none. Throws
    /// <see cref="ErrorKind.Corrupt"/> at the first contradiction.
    /// </summary>
    public void Verify() => Guarded(_name, () =>
    {
        string[] tags = [.. Manifest.Tags.Select(t => t.Name)];
        SortedRun? last = null;
        (long rows, long series) = (0, 0);
        TimeRange range = default;
        for (int i = 0; i < RowGroupCount; i++)
        {
            SortedRun run = ReadRowGroup(i);
            int step = last is null ? 1 : Step(tags, last.Batch, run.Batch);
            if (step < 0) throw Damage.Found($"row group {i} is not behind the one before");
            (rows, series) = (rows + run.RowCount, series + run.SeriesCount - (step == 0 ? 1 : 0));
            range = last is null ? run.Range : range.Union(run.Range);
            last = run;
        }

        if (last is null) range = SegmentWriter.RangeOfNothing(Manifest.Cell.Day);
        if (rows != Manifest.Rows || series != Manifest.SeriesCount || range != Manifest.Range)
        {
            throw new TsDbException(
                ErrorKind.Corrupt,
                $"it has {rows} rows of {series} series in {range}, its manifest says {Manifest.Rows} of "
                + $"{Manifest.SeriesCount} in {Manifest.Range}");
        }

        if (Day.Of(range.StartNanoseconds) != Manifest.Cell.Day
            || Day.Of(range.EndNanoseconds - 1) != Manifest.Cell.Day)
            throw Damage.Found($"its rows are not all of {Manifest.Cell.Day}");
        return true;
    });

    /// <summary>
    /// 1 if the later batch begins with a later series, 0 with a later time of the same, -1 otherwise.
    /// </summary>
    private static int Step(string[] tags, TableBatch earlier, TableBatch later)
    {
        int order = TagSets.Compare(tags, later.Series, 0, earlier.Series, earlier.Series.Length - 1);
        if (order != 0) return Math.Sign(order);
        return later.Times[0] > earlier.Times[^1] ? 0 : -1;
    }

    private static string StorageOf(FileColumn column) => column switch
    {
        { Logical.Role: ColumnRole.Time } => "INT64, TIMESTAMP(NANOS)",
        { Scale: >= 0 } => $"INT64, DECIMAL(18, {column.Scale})",
        { Logical.Type: FieldType.UInt64 } => "INT64, UINT_64",
        { Physical: PhysicalType.ByteArray } => "BYTE_ARRAY, STRING",
        _ => column.Physical.ToString().ToUpperInvariant(),
    };

    private static byte[] FooterBytes(Stream file)
    {
        const int TailBytes = 8;
        long length = file.Length;
        if (length < SegmentWriter.Magic.Length + TailBytes) throw NotParquet();
        Span<byte> tail = stackalloc byte[TailBytes];
        file.Position = length - TailBytes;
        file.ReadExactly(tail);
        ByteSource source = new(tail);
        int footerBytes = source.ReadInt32();
        if (!source.Rest.SequenceEqual(SegmentWriter.Magic)) throw NotParquet();
        if (footerBytes < 0 || footerBytes > length - TailBytes - SegmentWriter.Magic.Length)
            throw Damage.Found($"a footer of {footerBytes} bytes does not fit");
        byte[] footer = new byte[footerBytes];
        file.Position = length - TailBytes - footerBytes;
        file.ReadExactly(footer);
        return footer;
    }

    private static TsDbException NotParquet() =>
        new(ErrorKind.Corrupt, "it does not end as a Parquet file does");

    private static FileColumn[] Columns(SegmentManifest manifest) =>
    [
        SegmentWriter.Time,
        .. manifest.Tags.Select(t => FileColumn.Of(manifest.NameInFile(t.Name), t)),
        .. manifest.Fields.Select(f => FileColumn.Of(
            manifest.NameInFile(f.Name), f, manifest.DecimalScales.GetValueOrDefault(f.Name, -1))),
    ];

    private static void RequireSchema(FileFooter footer, SegmentManifest manifest)
    {
        FileColumn[] columns = Columns(manifest);
        bool isSame = columns.Length == footer.Leaves.Count && footer.Rows == manifest.Rows
            && columns.Zip(footer.Leaves).All(c => c.First.Name == c.Second.Name
                && c.First.Physical == c.Second.Physical && c.First.IsOptional == c.Second.IsOptional
                && c.First.Scale == c.Second.Scale);
        if (!isSame) throw Damage.Found("its schema is not the one of its manifest");
    }

    private static T Guarded<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (TsDbException error)
            when (error is { Kind: ErrorKind.Corrupt, InnerException: not TsDbException })
        {
            throw new TsDbException(ErrorKind.Corrupt, $"{name} is damaged: {error.Message}", error);
        }
        catch (EndOfStreamException error)
        {
            throw new TsDbException(ErrorKind.Corrupt, $"{name} is damaged: it ends early", error);
        }
    }
}
