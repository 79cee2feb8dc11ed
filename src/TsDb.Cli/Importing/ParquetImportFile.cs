using TsDb.Adapters.DuckDb;
using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>A Parquet file; its columns say their types.</summary>
internal sealed class ParquetImportFile(string path) : ImportFile
{
    private readonly ParquetRows _rows = ParquetRows.Open(path);
    private double? _share;

    public override IReadOnlyList<string> Columns => [.. _rows.Columns.Select(column => column.Name)];

    public override string RowWord => "row";

    public override double? Share => _share;

    public override FieldType? TypeOf(int column) => _rows.Columns[column].Type;

    public override IEnumerable<ImportRow> Rows(int timeColumn)
    {
        long number = 0;
        foreach (string?[] cells in _rows.Read(timeColumn))
        {
            _share = (double)++number / Math.Max(1, _rows.RowCount);
            yield return new ImportRow(number, cells, null);
        }
    }

    public override void Dispose() => _rows.Dispose();
}
