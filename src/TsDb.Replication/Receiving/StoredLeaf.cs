using System.Globalization;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>
/// What the catalog keeps in memory of one leaf on this node's disk: about 130 bytes, because there may be
/// hundreds of thousands. Cell and columns are shared instances; manifest and path are made when asked for.
/// </summary>
public sealed class StoredLeaf
{
    /// <summary>
    /// Facts of a leaf; <paramref name="cell"/> and <paramref name="columns"/> are the shared instances.
    /// </summary>
    public StoredLeaf(Leaf leaf, Cell cell, ColumnSet columns, LeafExtent extent)
    {
        (Cell, Columns, Extent) = (cell, columns, extent);
        (Incarnation, Ordinal, Hash) = (leaf.Incarnation, leaf.Ordinal, leaf.Hash);
    }

    /// <summary>The cell that all rows belong to.</summary>
    public Cell Cell { get; }

    /// <summary>The incarnation of the edge that cut it.</summary>
    public Incarnation Incarnation { get; }

    /// <summary>Its number in (cell, incarnation).</summary>
    public Ordinal Ordinal { get; }

    /// <summary>SHA-256 of the file.</summary>
    public ContentHash Hash { get; }

    /// <summary>Size, rows and times.</summary>
    public LeafExtent Extent { get; }

    /// <summary>Columns of the file.</summary>
    public ColumnSet Columns { get; }

    /// <summary>The leaf's identity.</summary>
    public Leaf Leaf => new(Cell, Incarnation, Ordinal, Hash);

    /// <summary>Path of the file below the data directory.</summary>
    public string Path => PathOf(Leaf);

    /// <summary>What the file says of itself.</summary>
    public SegmentManifest Manifest => new()
    {
        Cell = Cell,
        Incarnation = Incarnation,
        Ordinals = new OrdinalRange(Ordinal, Ordinal),
        Range = Extent.Range,
        Rows = Extent.Rows,
        SeriesCount = Extent.SeriesCount,
        Tags = Columns.Tags,
        Fields = Columns.Fields,
        NamesInFile = Columns.NamesInFile,
        DecimalScales = Columns.DecimalScales,
    };

    /// <summary>
    /// Where a leaf's file lies: the cell's folder, then incarnation, ordinal and the first 16 digits of the
    /// hash, so that two contents of one ordinal never share a name.
    /// </summary>
    public static string PathOf(Leaf leaf)
    {
        string hash = leaf.Hash.ToString()[..16];
        string name = string.Create(
            CultureInfo.InvariantCulture, $"{leaf.Incarnation}-{leaf.Ordinal.Value:D8}-{hash}.parquet");
        return $"{SegmentFolder.Of(leaf.Cell)}/{name}";
    }
}
