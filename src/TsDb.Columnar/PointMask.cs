using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Apache.Arrow;
using TsDb.Columnar.Merging;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// What tombstones take out of one table: of each series all points before some time. Tags and time are the
/// key of a point, so a mask hides all versions of a point or none, and may be applied before or after they
/// are merged. Safe for several threads.
/// </summary>
public sealed class PointMask
{
    private const int KnownMax = 10_000;

    // In the place of a number, for those that are final.
    private const long NumberOfFinal = -1;

    // What follows from a state of all tombstones is kept as long as the state.
    private static readonly ConditionalWeakTable<
        Erasures, ConcurrentDictionary<(TableId Table, long Number), PointMask>> Known = [];

    private readonly ConditionalWeakTable<RecordBatch, Cuts> _cuts = [];
    private readonly ConditionalWeakTable<TableBatch, TableBatch> _seen = [];

    private PointMask(ImmutableArray<Tombstone> tombstones) => Tombstones = tombstones;

    /// <summary>Hides nothing.</summary>
    public static PointMask None { get; } = new([]);

    /// <summary>What hides points, in the order of numbers.</summary>
    public ImmutableArray<Tombstone> Tombstones { get; }

    /// <summary>True if nothing is hidden.</summary>
    public bool IsEmpty => Tombstones.IsEmpty;

    /// <summary>The mask of a table for whoever knows the changes up to a number.</summary>
    public static PointMask Of(Erasures erasures, TableId table, long number) =>
        Of(erasures, table, number, tombstone => tombstone.CountsAt(number));

    /// <summary>What the final tombstones hide of a table: that is hidden for ever.</summary>
    public static PointMask OfFinal(Erasures erasures, TableId table) =>
        Of(erasures, table, NumberOfFinal, tombstone => tombstone.FinalBy is not null);

    private static PointMask Of(
        Erasures erasures, TableId table, long number, Func<Tombstone, bool> counts)
    {
        if (erasures.Tombstones.IsEmpty) return None;
        ConcurrentDictionary<(TableId, long), PointMask> known = Known.GetValue(erasures, static _ => new());
        if (known.Count > KnownMax) known.Clear();
        return known.GetOrAdd((table, number), _ =>
        {
            ImmutableArray<Tombstone> mine =
                [.. erasures.Tombstones.Where(t => t.Table == table && counts(t))];
            return mine.IsEmpty ? None : new PointMask(mine);
        });
    }

    /// <summary>The tombstones that can hide a row of a file.</summary>
    public ImmutableArray<Tombstone> Reaching(SegmentManifest manifest) =>
        [.. Tombstones.Where(t => Reaches(t, manifest.Range, manifest.Tags))];

    /// <summary>True if a tombstone can hide a row of a file with these times and tags.</summary>
    public static bool Reaches(Tombstone tombstone, TimeRange range, ImmutableArray<Model.Column> tags) =>
        tombstone.BeforeNanoseconds > range.StartNanoseconds
        && tombstone.Where.All(condition => tags.Any(tag => tag.Name == condition.Tag));

    /// <summary>True if a row of the file is hidden. Only keys are read; errors as those of the
    /// reader.</summary>
    public bool HidesAny(SegmentReader reader) =>
        Enumerable.Range(0, reader.RowGroupCount).Any(group => Staying(reader.ReadKeys(group)) is not null);

    /// <summary>True if every row of a file is certainly hidden.</summary>
    public bool HidesAll(SegmentManifest manifest) => Tombstones.Any(t =>
        t.Where.IsEmpty && t.BeforeNanoseconds >= manifest.Range.EndNanoseconds
        && manifest.Range.EndNanoseconds != long.MaxValue);

    /// <summary>What is left to read of a table: files that are hidden whole and hidden hot rows are taken
    /// out; other files' rows still have to pass the mask.</summary>
    public TableSnapshot Seen(TableSnapshot snapshot) => IsEmpty ? snapshot : snapshot with
    {
        Segments = [.. snapshot.Segments.Where(segment => !HidesAll(segment.Manifest))],
        Hot = snapshot.Hot is { } hot ? hot with { Batches = [.. hot.Batches.Select(Seen)] } : null,
    };

    /// <summary>The rows of a batch that are not hidden; the same batch if none is.</summary>
    public TableBatch Seen(TableBatch batch) => IsEmpty ? batch
        : _seen.GetValue(batch, whole => Seen(whole.Series, whole.SeriesIndex, whole.Times) is { } rows
            ? KeyMerge.Merge(whole.Table, [whole], RowFilter.Only(rows)).Batch : whole);

    /// <summary>The rows of a run that are not hidden; the same run if none is.</summary>
    public SortedRun Seen(SortedRun run) =>
        !IsEmpty && Seen(run.Batch.Series, run.Batch.SeriesIndex, run.Batch.Times) is { } rows
            ? KeyMerge.Merge(run.Batch.Table, [run.Batch], RowFilter.Only(rows)) : run;

    /// <summary>
    /// By series the first time that is not hidden, long.MinValue where nothing is; null if nothing is hidden
    /// of any.
    /// </summary>
    /// <param name="series">One utf8 column a tag, one row a series.</param>
    public long[]? StartsOf(RecordBatch series) =>
        IsEmpty ? null : _cuts.GetValue(series, all => new Cuts(Starts(all))).Starts;

    /// <summary>By row whether it is seen; null if all are.</summary>
    internal bool[]? Staying(TableBatch batch) =>
        IsEmpty ? null : Seen(batch.Series, batch.SeriesIndex, batch.Times);

    // By row whether it stays; null if all do.
    private bool[]? Seen(RecordBatch series, ReadOnlySpan<int> seriesOf, ReadOnlySpan<long> times)
    {
        if (StartsOf(series) is not { } starts) return null;
        bool[] stays = new bool[times.Length];
        bool isWhole = true;
        for (int row = 0; row < stays.Length; row++)
        {
            stays[row] = times[row] >= starts[seriesOf[row]];
            isWhole &= stays[row];
        }

        return isWhole ? null : stays;
    }

    private long[]? Starts(RecordBatch series)
    {
        long[]? starts = null;
        foreach (Tombstone tombstone in Tombstones)
        {
            bool[] meets = new bool[series.Length];
            meets.AsSpan().Fill(true);
            foreach (TagCondition condition in tombstone.Where) Keep(series, condition, meets);
            for (int i = 0; i < meets.Length; i++)
            {
                if (!meets[i]) continue;
                if (starts is null) (starts = new long[series.Length]).AsSpan().Fill(long.MinValue);
                starts[i] = Math.Max(starts[i], tombstone.BeforeNanoseconds);
            }
        }

        return starts;
    }

    private static void Keep(RecordBatch series, TagCondition condition, bool[] meets)
    {
        int place = series.Schema.FieldsList.ToList().FindIndex(field => field.Name == condition.Tag);
        if (place < 0)
        {
            meets.AsSpan().Clear();
            return;
        }

        Utf8Column tag = new((StringArray)series.Column(place));
        byte[][] values = [.. condition.Values.Select(Encoding.UTF8.GetBytes)];
        for (int i = 0; i < meets.Length; i++)
        {
            if (!meets[i]) continue;
            bool isOne = false;
            foreach (byte[] value in values) isOne |= !tag.IsNull(i) && tag[i].SequenceEqual(value);
            meets[i] = isOne;
        }
    }

    private sealed record Cuts(long[]? Starts);
}
