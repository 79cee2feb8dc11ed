using System.Text;
using CsCheck;
using TsDb.Codec.Csv;

namespace TsDb.Tests.Codec.Csv;

/// <summary>CSV comes in exactly, however the bytes are cut, and a bad record costs its own line.</summary>
public sealed class CsvReaderTests
{
    [Fact]
    public void Quotes_line_ends_and_absent_values_are_told_apart()
    {
        Assert.Equal(
            [["a", "b"], ["1", null], ["", "x\ny"], ["say \"hi\"", ",\r\n"], ["a\"b", "\\"]],
            Read("a,b\r\n1,\n\"\",\"x\ny\"\n\n\"say \"\"hi\"\"\",\",\r\n\"\na\"b,\\")
                .Select(row => row.Cells));
    }

    [Theory]
    [InlineData("1,2\n\"open,3\n4,5\n", "a quote is never closed")]
    [InlineData("1,2\n\"a\"b,3\n4,5\n", "text follows a closing quote")]
    public void A_record_with_a_fault_costs_its_own_line(string text, string fault)
    {
        List<(string?[] Cells, string? Fault, int Line)> rows = Read(text);
        Assert.Equal([null, fault, null], rows.Select(row => row.Fault));
        Assert.Equal([1, 2, 3], rows.Select(row => row.Line));
        Assert.Equal(["4", "5"], rows[2].Cells);
    }

    [Fact]
    public void Any_cells_come_back_wherever_the_bytes_are_cut()
    {
        Gen<string?> cell = Gen.OneOf(
            Gen.Const((string?)null),
            Gen.String[Gen.Char["ab,\"\n\r;é"], 0, 6].Select(text => (string?)text));
        Gen<string?[][]> rows = cell.Array[2, 3].Array[1, 6];
        Gen.Select(rows, Gen.Int[1, 7]).Sample((table, step) =>
        {
            string text = string.Concat(table.Select(row => string.Join(',', row.Select(Quote)) + "\n"));
            Assert.Equal(table, ReadInPieces(text, step));
        });
    }

    private static string Quote(string? cell) =>
        cell is null ? "" : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static List<(string?[] Cells, string? Fault, int Line)> Read(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        CsvReader reader = new(bytes, (byte)',', isEnd: true);
        List<(string?[], string?, int)> rows = [];
        List<CsvCell> cells = [];
        while (reader.Read(cells))
            rows.Add(([.. cells.Select(cell => cell.Text(bytes))], reader.Fault, reader.LinesBefore + 1));
        return rows;
    }

    // As a file is read: what is not whole yet waits for more bytes.
    private static List<string?[]> ReadInPieces(string text, int step)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        List<string?[]> rows = [];
        List<CsvCell> cells = [];
        int start = 0;
        for (int end = 0; ; end = Math.Min(bytes.Length, end + step))
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(start, end - start);
            CsvReader reader = new(piece, (byte)',', isEnd: end == bytes.Length);
            while (reader.Read(cells))
            {
                List<string?> row = [];
                foreach (CsvCell cell in cells) row.Add(cell.Text(piece));
                rows.Add([.. row]);
            }

            start += reader.Offset;
            if (end == bytes.Length) return rows;
        }
    }
}
