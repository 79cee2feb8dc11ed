using System.Globalization;
using System.Text;
using TsDb.Cli.Writing;

namespace TsDb.Cli.Importing;

/// <summary>Sends the rows of a file to an edge and says what became of them. A row that is refused stands in
/// nobody's way.</summary>
internal sealed class ImportRun(ImportFile file, RowLines lines, ILineSink sink, TextWriter errors)
{
    private const int RowsPerRequest = 1_000;
    private const int RequestCharsMax = 2 << 20;
    private const int RefusalsShown = 10;

    private readonly StringBuilder _request = new();

    // The row of each line of the request, by the line's number in it.
    private readonly SortedDictionary<long, long> _rows = [];
    private long _nextLine = 1;

    /// <summary>Rows that were not taken.</summary>
    public long Refused { get; private set; }

    /// <summary>Sends everything; each request is acknowledged before the next.</summary>
    public async Task RunAsync(int timeColumn, WriteProgress progress, CancellationToken ct)
    {
        foreach (ImportRow row in file.Rows(timeColumn))
        {
            int start = _request.Length;
            string? why = row.Fault ?? lines.Append(_request, row.Cells);
            if (why is not null)
            {
                Refuse(row.Number, why);
                continue;
            }

            _rows.Add(_nextLine, row.Number);
            _nextLine += LineFeeds(_request, start);
            if (_rows.Count >= RowsPerRequest || _request.Length >= RequestCharsMax)
                await SendAsync(progress, ct);
        }

        if (_rows.Count > 0) await SendAsync(progress, ct);
    }

    private static int LineFeeds(StringBuilder text, int start)
    {
        int count = 0;
        for (int i = start; i < text.Length; i++)
        {
            if (text[i] == '\n') count++;
        }

        return count;
    }

    private async Task SendAsync(WriteProgress progress, CancellationToken ct)
    {
        LineBatch batch = new(Encoding.UTF8.GetBytes(_request.ToString()), _rows.Count);
        IReadOnlyList<RefusedLine> refused = await sink.SendAsync(batch, ct);
        foreach (RefusedLine line in refused)
            Refuse(_rows.GetValueOrDefault(line.Number), $"{line.Reason}: {line.Text}");
        progress.Add(batch, refused.Count, file.Share);
        _request.Clear();
        _rows.Clear();
        _nextLine = 1;
    }

    private void Refuse(long number, string why)
    {
        if (++Refused <= RefusalsShown)
            errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file.RowWord} {number}: {why}"));
        else if (Refused == RefusalsShown + 1)
            errors.WriteLine("more rows were refused; they are counted at the end");
    }
}
