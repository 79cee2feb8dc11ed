using System.Globalization;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>
/// What the catalog keeps in memory of one file on this node's disk, which stands for a leaf or, once leaves
/// were merged, for a run of them: about 140 bytes, because there may be hundreds of thousands. Cell and
/// columns are shared instances; manifest and path are made when asked for.
/// </summary>
public sealed class StoredFile
{
    private readonly LeafRun? _rewritten;

    /// <summary>
    /// Facts of a file; <paramref name="cell"/> and <paramref name="columns"/> are the shared instances.
    /// </summary>
    public StoredFile(Cell cell, Incarnation incarnation, LeafRun run, ColumnSet columns, FileExtent extent)
    {
        (Cell, Incarnation, Columns, Extent) = (cell, incarnation, columns, extent);
        (First, Hash) = (run.First, run.File);
        _rewritten = run.IsOwn ? null : run;
        PurgedTo = run.PurgedTo;
    }

    /// <summary>The cell that all rows belong to.</summary>
    public Cell Cell { get; }

    /// <summary>The incarnation of the edge that cut its leaves.</summary>
    public Incarnation Incarnation { get; }

    /// <summary>The number in (cell, incarnation) of its first leaf.</summary>
    public Ordinal First { get; }

    /// <summary>The number of its last leaf.</summary>
    public Ordinal Last => new(First.Value + LeafCount - 1);

    /// <summary>SHA-256 of the file.</summary>
    public ContentHash Hash { get; }

    /// <summary>Size, rows and times.</summary>
    public FileExtent Extent { get; }

    /// <summary>Columns of the file.</summary>
    public ColumnSet Columns { get; }

    /// <summary>True if it is its only leaf's own file; otherwise the leaves' own bytes are not here any
    /// more.</summary>
    public bool IsOwn => _rewritten is null;

    /// <summary>True if it is made of several leaves.</summary>
    public bool IsMerged => LeafCount > 1;

    /// <summary>
    /// The change of erasures up to which rows of final tombstones were looked for and left out; 0 for never.
    /// </summary>
    public long PurgedTo { get; }

    /// <summary>How many leaves it stands for.</summary>
    public int LeafCount => _rewritten?.Leaves.Length ?? 1;

    /// <summary>The leaves that it stands for, by ordinal.</summary>
    public IEnumerable<Leaf> Leaves => Enumerable.Range(0, LeafCount).Select(LeafAt);

    /// <summary>The file and the hashes of its leaves.</summary>
    public LeafRun Run => _rewritten ?? new LeafRun(Hash, First, [Hash]) { PurgedTo = PurgedTo };

    /// <summary>Path of the file below the data directory.</summary>
    public string Path => PathOf(Cell, Incarnation, new OrdinalRange(First, Last), Hash);

    /// <summary>What the file says of itself.</summary>
    public SegmentManifest Manifest => new()
    {
        Cell = Cell,
        Incarnation = Incarnation,
        Ordinals = new OrdinalRange(First, Last),
        Range = Extent.Range,
        Rows = Extent.Rows,
        SeriesCount = Extent.SeriesCount,
        Tags = Columns.Tags,
        Fields = Columns.Fields,
        NamesInFile = Columns.NamesInFile,
        DecimalScales = Columns.DecimalScales,
    };

    /// <summary>The leaf at a place among its leaves.</summary>
    public Leaf LeafAt(int place) => new(
        Cell, Incarnation, new Ordinal(First.Value + place),
        _rewritten is null ? Hash : _rewritten.Leaves[place]);

    /// <summary>True if it stands for this leaf of its cell and incarnation.</summary>
    public bool Has(Ordinal ordinal, ContentHash hash) =>
        _rewritten?.Has(ordinal, hash) ?? (ordinal == First && hash == Hash);

    /// <summary>True if one of its leaves has that number.</summary>
    public bool Has(Ordinal ordinal) => First.Value <= ordinal.Value && ordinal.Value <= Last.Value;

    /// <summary>Where a leaf's own file lies.</summary>
    public static string PathOf(Leaf leaf) => PathOf(
        leaf.Cell, leaf.Incarnation, new OrdinalRange(leaf.Ordinal, leaf.Ordinal), leaf.Hash);

    /// <summary>
    /// Where a file lies: the cell's folder, then incarnation, ordinal (for several leaves the first and the
    /// last one) and the first digits of the file's hash, so that two contents never share a name.
    /// </summary>
    public static string PathOf(
        Cell cell, Incarnation incarnation, OrdinalRange ordinals, ContentHash file)
    {
        string hash = file.ToDigitsInName();
        string numbers = ordinals.Count == 1
            ? string.Create(CultureInfo.InvariantCulture, $"{ordinals.First.Value:D8}")
            : string.Create(
                CultureInfo.InvariantCulture, $"{ordinals.First.Value:D8}-{ordinals.Last.Value:D8}");
        return $"{SegmentFolder.Of(cell)}/{incarnation}-{numbers}-{hash}.parquet";
    }

    /// <summary>
    /// What the name of a file says: incarnation and ordinals; null if it is no name of a leaf or run.
    /// </summary>
    public static (Incarnation Incarnation, OrdinalRange Ordinals)? ReadName(string name)
    {
        const string suffix = ".parquet";
        if (!name.EndsWith(suffix, StringComparison.Ordinal)) return null;
        string[] parts = name[..^suffix.Length].Split('-');
        if (parts.Length is not (3 or 4) || !Guid.TryParseExact(parts[0], "N", out Guid incarnation)
            || !IsOrdinal(parts[1], out long first) || !IsOrdinal(parts[^2], out long last)
            || last < first) return null;
        return (new Incarnation(incarnation), new OrdinalRange(new Ordinal(first), new Ordinal(last)));

        static bool IsOrdinal(string text, out long ordinal) => long.TryParse(
            text, NumberStyles.None, CultureInfo.InvariantCulture, out ordinal) && ordinal >= 1;
    }
}
