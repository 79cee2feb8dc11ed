using System.Globalization;
using System.Text;
using System.Text.Unicode;
using TsDb.Codec.Csv;
using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>A CSV file, plain or gzipped, whose first record names the columns.</summary>
internal sealed class CsvImportFile : ImportFile
{
    private const int BufferBytes = 1 << 20;
    private const int RecordBytesMax = 32 << 20;
    private static readonly byte[] Delimiters = [(byte)',', (byte)';', (byte)'\t', (byte)'|'];

    private readonly string _path;
    private readonly byte _delimiter;
    private double? _share;

    public CsvImportFile(string path, char? delimiter)
    {
        _path = path;
        if (delimiter is not null and (> '\u007f' or '"' or '\n' or '\r'))
            throw new TsDbException(ErrorKind.Invalid, "the delimiter must be one ASCII character, no quote");
        _delimiter = (byte?)delimiter ?? Guess(path);
        ImportRow[] first = [.. Records().Take(2)];
        Columns = Header(first.FirstOrDefault());
        if (first.Length == 1)
            throw new TsDbException(ErrorKind.Invalid, $"{path} has a first line with names, and no rows");
    }

    public override IReadOnlyList<string> Columns { get; }

    public override string RowWord => "line";

    public override double? Share => _share;

    public override FieldType? TypeOf(int column) => null;

    public override IEnumerable<ImportRow> Rows(int timeColumn)
    {
        foreach (ImportRow row in Records().Skip(1))
        {
            yield return row.Fault is null && row.Cells.Length != Columns.Count
                ? row with { Fault = string.Create(CultureInfo.InvariantCulture,
                    $"{row.Cells.Length} values where the header names {Columns.Count} columns") }
                : row;
        }
    }

    public override void Dispose()
    {
    }

    // The one of the usual delimiters that the first line has most of.
    private static byte Guess(string path)
    {
        using Stream input = Open(path, out _);
        byte[] start = new byte[64 << 10];
        ReadOnlySpan<byte> line = start.AsSpan(0, input.ReadAtLeast(start, start.Length, false));
        int end = line.IndexOf((byte)'\n');
        if (end >= 0) line = line[..end];
        byte best = Delimiters[0];
        int most = 0;
        foreach (byte candidate in Delimiters)
        {
            int count = line.Count(candidate);
            if (count > most) (best, most) = (candidate, count);
        }

        return best;
    }

    private static Stream Open(string path, out FileStream file)
    {
        try
        {
            file = File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TsDbException(ErrorKind.Invalid, $"{path} cannot be read: {e.Message}", e);
        }

        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new GzipFileStream(path, file)
            : file;
    }

    private string[] Header(ImportRow first)
    {
        if (first.Cells is null)
            throw new TsDbException(ErrorKind.Invalid, $"{_path} is empty: its first line names the columns");
        if (first.Fault is not null)
            throw new TsDbException(ErrorKind.Invalid, $"{_path}, line {first.Number}: {first.Fault}");
        string[] names = [.. first.Cells.Select(cell => cell ?? "")];
        int unnamed = Array.IndexOf(names, "");
        if (unnamed >= 0)
        {
            throw new TsDbException(ErrorKind.Invalid,
                $"{_path}: column {unnamed + 1} has no name in the first line");
        }

        string? twice = names.GroupBy(name => name, StringComparer.Ordinal)
            .FirstOrDefault(group => group.Count() > 1)?.Key;
        return twice is null
            ? names
            : throw new TsDbException(ErrorKind.Invalid, $"{_path}: two columns are called '{twice}'");
    }

    private IEnumerable<ImportRow> Records()
    {
        using Stream input = Open(_path, out FileStream file);
        byte[] buffer = new byte[BufferBytes];
        int length = 0;
        long line = 1;
        bool isFirst = true, isEnd = false;
        List<ImportRow> rows = [];
        while (!isEnd || length > 0)
        {
            if (!isEnd)
            {
                int read = input.ReadAtLeast(buffer.AsSpan(length), buffer.Length - length, false);
                length += read;
                isEnd = length < buffer.Length;
                _share = file.Length == 0 ? 1 : (double)file.Position / file.Length;
            }

            int start = isFirst && buffer.AsSpan(0, length).StartsWith(Encoding.UTF8.Preamble) ? 3 : 0;
            isFirst = false;
            int taken = start + Take(buffer.AsSpan(start, length - start), isEnd, ref line, rows);
            foreach (ImportRow row in rows) yield return row;
            rows.Clear();
            if (isEnd) yield break;
            buffer.AsSpan(taken, length - taken).CopyTo(buffer);
            length -= taken;
            if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    // What is not whole yet waits for more bytes, unless it has grown too long to be a record.
    private int Take(ReadOnlySpan<byte> bytes, bool isEnd, ref long line, List<ImportRow> rows)
    {
        CsvReader reader = new(bytes, _delimiter, isEnd);
        List<CsvCell> cells = [];
        while (true)
        {
            bool isRead = reader.Read(cells);
            if (!isRead)
            {
                if (bytes.Length - reader.Offset < RecordBytesMax) break;
                reader.Refuse($"the record is longer than {RecordBytesMax} bytes: is a quote never closed?");
            }

            rows.Add(Row(bytes[reader.RecordStart..reader.Offset], reader, line, cells, bytes));
        }

        line += bytes[..reader.Offset].Count((byte)'\n');
        return reader.Offset;
    }

    private static ImportRow Row(ReadOnlySpan<byte> record, CsvReader reader, long line, List<CsvCell> cells,
        ReadOnlySpan<byte> bytes)
    {
        long number = line + reader.LinesBefore;
        if (reader.Fault is { } fault) return new ImportRow(number, [], fault);
        if (!Utf8.IsValid(record)) return new ImportRow(number, [], "the line is not UTF-8");
        string?[] texts = new string?[cells.Count];
        for (int i = 0; i < texts.Length; i++) texts[i] = cells[i].Text(bytes);
        return new ImportRow(number, texts, null);
    }
}
