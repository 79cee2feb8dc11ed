using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>A file whose rows can be read more than once.</summary>
internal abstract class ImportFile : IDisposable
{
    /// <summary>The names of its columns, each once.</summary>
    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>What a row's number counts: <c>line</c> or <c>row</c>.</summary>
    public abstract string RowWord { get; }

    /// <summary>How much of the file the reading at hand has passed, 0 to 1; null if that is not
    /// known.</summary>
    public virtual double? Share => null;

    /// <summary>The type that the file gives a column; null if its values must tell.</summary>
    public abstract FieldType? TypeOf(int column);

    /// <summary>The rows from the first on. The time column is a text that <see cref="ImportTime"/>
    /// knows.</summary>
    /// <param name="timeColumn">The column with the time.</param>
    public abstract IEnumerable<ImportRow> Rows(int timeColumn);

    public abstract void Dispose();

    /// <summary>
    /// Opens a file by its ending. Throws <see cref="ErrorKind.Invalid"/> for one that cannot be read.
    /// </summary>
    /// <param name="path">A .csv, .csv.gz or .parquet file.</param>
    /// <param name="delimiter">What stands between the cells of CSV; null to take the header's word.</param>
    public static ImportFile Open(string path, char? delimiter)
    {
        if (path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase)) return new ParquetImportFile(path);
        bool isCsv = path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)
            || path.EndsWith(".csv.gz", StringComparison.OrdinalIgnoreCase);
        if (!isCsv)
            throw new TsDbException(ErrorKind.Invalid,
                $"{path}: the file must end in .csv, .csv.gz or .parquet");
        return new CsvImportFile(path, delimiter);
    }
}
