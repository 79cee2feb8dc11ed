using System.Globalization;
using System.Text;

namespace TsDb.Cli.Output;

/// <summary>A table for people: columns as wide as they need to be, numbers to the right.</summary>
internal sealed class TextTable
{
    private readonly List<string[]> _rows = [];
    private readonly string[] _header;
    private readonly int[] _widths;
    private readonly bool[] _numeric;

    public TextTable(params string[] header)
    {
        _header = header;
        _widths = [.. header.Select(h => h.Length)];
        _numeric = [.. header.Select(_ => true)];
    }

    public int RowCount => _rows.Count;

    public void Add(params string[] row)
    {
        for (int i = 0; i < _header.Length; i++)
        {
            string cell = i < row.Length ? row[i] : "";
            _widths[i] = Math.Max(_widths[i], cell.Length);
            _numeric[i] &= cell.Length == 0
                || double.TryParse(cell, NumberStyles.Float | NumberStyles.AllowThousands,
                    CultureInfo.InvariantCulture, out _);
        }

        _rows.Add(row);
    }

    public void Print(TextWriter output)
    {
        output.WriteLine(Line(_header));
        output.WriteLine(string.Join("-+-", _widths.Select(w => new string('-', w))));
        foreach (string[] row in _rows) output.WriteLine(Line(row));
    }

    private string Line(string[] cells)
    {
        StringBuilder line = new();
        for (int i = 0; i < _header.Length; i++)
        {
            string cell = (i < cells.Length ? cells[i] : "").ReplaceLineEndings(" ");
            if (i > 0) line.Append(" | ");
            line.Append(_numeric[i] && _rows.Count > 0 ? cell.PadLeft(_widths[i])
                : cell.PadRight(_widths[i]));
        }

        return line.ToString().TrimEnd();
    }
}
