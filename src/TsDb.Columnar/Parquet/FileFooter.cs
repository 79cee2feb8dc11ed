namespace TsDb.Columnar.Parquet;

/// <summary>The metadata at a file's end, as far as a segment needs it.</summary>
/// <param name="Rows">Rows of all row groups.</param>
/// <param name="Leaves">Columns in file order.</param>
/// <param name="RowGroups">Row groups in file order.</param>
/// <param name="Manifest">The value under <see cref="ManifestKey"/>; null if there is none.</param>
internal sealed record FileFooter(
    long Rows, IReadOnlyList<SchemaLeaf> Leaves, IReadOnlyList<RowGroupInfo> RowGroups, byte[]? Manifest)
{
    /// <summary>Key of the manifest among the file's key-value metadata.</summary>
    public const string ManifestKey = "tsdb.manifest";
}
