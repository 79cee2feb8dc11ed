using System.Globalization;
using System.Text;

namespace TsDb.Cli.Output;

/// <summary>
/// Draws numbers over time with the dots of Braille letters, two by four a place. Rows of one time belong to
/// as many lines as there are number columns and combinations of the text columns.
/// </summary>
internal sealed class TimeChart
{
    private const int LinesMax = 8;
    private const int DotsAcross = 2;
    private const int DotsDown = 4;
    private const char Blank = '\u2800';

    private static readonly int[] Colours = [36, 33, 35, 32, 34, 31, 96, 93];

    // By column of dots and row of dots.
    private static readonly int[,] Dots = { { 0x01, 0x02, 0x04, 0x40 }, { 0x08, 0x10, 0x20, 0x80 } };

    private readonly SortedDictionary<string, List<(double Time, double Value)>> _lines =
        new(StringComparer.Ordinal);

    private double _first = double.MaxValue;
    private double _last = double.MinValue;
    private double _least = double.MaxValue;
    private double _most = double.MinValue;

    /// <summary>Rows that gave no point: no time, or no number.</summary>
    public int RowsLeftOut { get; private set; }

    /// <summary>A chart of rows; null if they have no column of times or none of numbers.</summary>
    public static TimeChart? Of(string[] header, IReadOnlyList<string[]> rows)
    {
        int time = Array.FindIndex(header, name => IsColumn(rows, Array.IndexOf(header, name), IsTime));
        int[] numbers = [.. Enumerable.Range(0, header.Length).Where(i => i != time && IsColumn(
            rows, i, IsNumber))];
        if (time < 0 || numbers.Length == 0) return null;
        int[] texts = [.. Enumerable.Range(0, header.Length).Where(i => i != time && !numbers.Contains(i))];
        TimeChart chart = new();
        foreach (string[] row in rows)
        {
            string name = string.Join(" ", texts.Select(i => row[i]).Where(text => text.Length > 0));
            bool isPoint = false;
            foreach (int number in numbers)
            {
                if (!IsTime(row[time]) || !IsNumber(row[number])) continue;
                isPoint = true;
                string label = numbers.Length == 1 && name.Length > 0
                    ? name : $"{name} {header[number]}".Trim();
                chart.Add(label, row[time], row[number]);
            }

            if (!isPoint) chart.RowsLeftOut++;
        }

        return chart;
    }

    /// <summary>Prints the chart.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="width">Places across, in all.</param>
    /// <param name="height">Places down, of the lines alone.</param>
    /// <param name="hasColours">True to tell lines apart by colour.</param>
    public void Print(TextWriter output, int width, int height, bool hasColours)
    {
        string top = Number(_most), bottom = Number(_least);
        int margin = Math.Max(top.Length, bottom.Length) + 1;
        int across = Math.Max(10, width - margin - 1);
        int[,] dots = new int[across, height];
        int[,] line = new int[across, height];
        foreach ((int number, List<(double Time, double Value)> points) in
            _lines.Values.Take(LinesMax).Index())
            Plot(points, number, dots, line);
        for (int y = 0; y < height; y++)
        {
            string label = y == 0 ? top : y == height - 1 ? bottom : "";
            output.Write($"{label.PadLeft(margin - 1)} \u2502");
            output.WriteLine(Row(dots, line, y, hasColours));
        }

        string from = Moment(_first), to = Moment(_last);
        output.WriteLine(new string(' ', margin) + '\u2514' + new string('\u2500', across));
        output.WriteLine(
            new string(' ', margin + 1) + from + to.PadLeft(Math.Max(to.Length + 1, across - from.Length)));
        foreach ((int number, string name) in _lines.Keys.Take(LinesMax).Index())
            output.WriteLine(
                $"{new string(' ', margin + 1)}{Coloured("\u2501\u2501", number, hasColours)} {name}");
        if (_lines.Count > LinesMax) output.WriteLine($"and {_lines.Count - LinesMax} lines more, not drawn");
        if (RowsLeftOut > 0) output.WriteLine($"{RowsLeftOut} rows without a time or a number, not drawn");
    }

    private static bool IsTime(string text) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _) && text.Contains('-');

    private static bool IsNumber(string text) => double.TryParse(
        text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value);

    // Each value that is there is one.
    private static bool IsColumn(IReadOnlyList<string[]> rows, int column, Func<string, bool> isOne) =>
        rows.Any(row => row[column].Length > 0)
        && rows.All(row => row[column].Length == 0 || isOne(row[column]));

    private void Add(string label, string time, string number)
    {
        double x = DateTimeOffset.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            .UtcTicks;
        double y = double.Parse(number, CultureInfo.InvariantCulture);
        if (!_lines.TryGetValue(label, out List<(double Time, double Value)>? line))
            _lines[label] = line = [];
        line.Add((x, y));
        (_first, _last) = (Math.Min(_first, x), Math.Max(_last, x));
        (_least, _most) = (Math.Min(_least, y), Math.Max(_most, y));
    }

    private void Plot(List<(double Time, double Value)> points, int number, int[,] dots, int[,] line)
    {
        points.Sort((one, other) => one.Time.CompareTo(other.Time));
        int wide = dots.GetLength(0) * DotsAcross, high = dots.GetLength(1) * DotsDown;
        (int X, int Y)? before = null;
        foreach ((double time, double value) in points)
        {
            int x = Place(time - _first, _last - _first, wide);
            int y = high - 1 - Place(value - _least, _most - _least, high);
            (int fromX, int fromY) = before ?? (x, y);
            int steps = Math.Max(1, Math.Max(Math.Abs(x - fromX), Math.Abs(y - fromY)));
            for (int i = 0; i <= steps; i++)
            {
                int atX = fromX + ((x - fromX) * i / steps), atY = fromY + ((y - fromY) * i / steps);
                dots[atX / DotsAcross, atY / DotsDown] |= Dots[atX % DotsAcross, atY % DotsDown];
                line[atX / DotsAcross, atY / DotsDown] = number;
            }

            before = (x, y);
        }
    }

    private static int Place(double value, double span, int count) =>
        span <= 0 ? count / 2 : Math.Clamp((int)(value / span * (count - 1)), 0, count - 1);

    private static string Row(int[,] dots, int[,] line, int y, bool hasColours)
    {
        StringBuilder row = new();
        for (int x = 0; x < dots.GetLength(0); x++)
        {
            string letter = ((char)(Blank + dots[x, y])).ToString();
            row.Append(dots[x, y] == 0 ? " " : Coloured(letter, line[x, y], hasColours));
        }

        return row.ToString().TrimEnd();
    }

    private static string Coloured(string text, int number, bool hasColours) =>
        hasColours ? $"\e[{Colours[number % Colours.Length]}m{text}\e[0m" : text;

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Moment(double ticks) => new DateTime((long)ticks, DateTimeKind.Utc)
        .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
