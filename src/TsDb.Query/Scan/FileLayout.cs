using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using TsDb.Model;

namespace TsDb.Query.Scan;

/// <summary>
/// The columns of a segment file in file order. Files of equal layout can be read by one scan.
/// </summary>
public sealed class FileLayout
{
    private const string TimeEncoding = "time";

    // A manifest lives as long as its segment is known, and so does what follows from it.
    private static readonly ConditionalWeakTable<SegmentManifest, FileLayout> Known = [];

    private FileLayout(ImmutableArray<FileColumn> columns)
    {
        Columns = columns;
        Signature = string.Join('\n', columns.Select(c => $"{c.Name}\t{c.PhysicalType}\t{c.LogicalType}"));
    }

    /// <summary>Columns in the order of the file.</summary>
    public ImmutableArray<FileColumn> Columns { get; }

    /// <summary>A text that is equal exactly for equal layouts.</summary>
    public string Signature { get; }

    /// <summary>The layout of a file: the time, the tags, the fields (src/TsDb.Columnar/FORMAT.md).</summary>
    public static FileLayout Of(SegmentManifest manifest) =>
        Known.GetValue(manifest, static known => new FileLayout(
    [
        new FileColumn(TypeResolver.TimeName, TimeEncoding, null),
        .. known.Tags.Concat(known.Fields).Select(column => new FileColumn(
            column.Name, Encoding(known, column.Name), column.Type)),
    ]));

    private static string Encoding(SegmentManifest manifest, string name) =>
        manifest.DecimalScales.TryGetValue(name, out int scale)
            ? string.Create(CultureInfo.InvariantCulture, $"decimal {scale}")
            : "plain";
}
