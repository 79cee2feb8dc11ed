using TsDb.Cli.Output;
using TsDb.Cli.Shell;

namespace TsDb.Integration.Shell;

/// <summary>What the shell does with keys and words, without a terminal.</summary>
public sealed class EditingTests
{
    private static readonly Completion Names = new()
    {
        Tables = ["cpu", "Weather report"],
        Columns = ["time", "usage_user", "usage_system"],
        Databases = ["default", "plant"],
    };

    [Fact]
    public void A_buffer_is_edited_line_by_line()
    {
        EditBuffer buffer = new();
        buffer.Insert("SELECT 1\nFROM cpu");
        Assert.True(buffer.Up());
        Assert.Equal(8, buffer.Cursor);
        buffer.Home();
        buffer.WordRight();
        buffer.DeleteToEnd();
        Assert.Equal("SELECT\nFROM cpu", buffer.Text);
        Assert.False(buffer.Up());
        Assert.True(buffer.Down());
        buffer.End();
        buffer.DeleteWord();
        buffer.Insert("😀");
        buffer.Backspace();
        Assert.Equal("SELECT\nFROM ", buffer.Text);
        Assert.False(buffer.Down());
        buffer.DeleteToHome();
        buffer.Left();
        buffer.Delete();
        Assert.Equal("SELECT", buffer.Text);
    }

    [Theory]
    [InlineData("SELECT 1;", true)]
    [InlineData("SELECT 1; -- done", true)]
    [InlineData("SELECT 1; /* done */ ", true)]
    [InlineData("SELECT ';'", false)]
    [InlineData("SELECT 'a;", false)]
    [InlineData("SELECT \"a;\"", false)]
    [InlineData("SELECT 1 -- ;", false)]
    [InlineData("SELECT 1 -- ;\n;", true)]
    [InlineData("SELECT 'it''s';", true)]
    [InlineData("SELECT /* ; ", false)]
    [InlineData("\\d cpu", true)]
    [InlineData("quit", true)]
    [InlineData("", true)]
    public void A_statement_ends_with_a_semicolon_outside_of_quotes_and_comments(string text, bool isWhole) =>
        Assert.Equal(isWhole, StatementEnd.IsWhole(text));

    [Theory]
    [InlineData("SELECT 1; SELECT ';' -- ;\n, 2; ", "SELECT 1;", "SELECT ';' -- ;\n, 2;")]
    [InlineData("SELECT 1; -- done; really", "SELECT 1;")]
    [InlineData("; /* ; */ SELECT \";\"", ";", "/* ; */ SELECT \";\"")]
    [InlineData("SELECT 'a; b", "SELECT 'a; b")]
    [InlineData(" -- nothing")]
    public void A_line_may_have_several_statements(string text, params string[] statements) =>
        Assert.Equal(statements, StatementEnd.Statements(text));

    [Theory]
    [InlineData("sel", "select")]
    [InlineData("SELECT usage_u", "usage_user")]
    [InlineData("SELECT us", "usage_user usage_system using")]
    [InlineData("SELECT time_bucket_", "time_bucket_gapfill(")]
    [InlineData("SELECT * FROM ", "cpu \"Weather report\"")]
    [InlineData("SELECT * FROM w", "\"Weather report\"")]
    [InlineData("SELECT * FROM \"W", "Weather report")]
    [InlineData("\\c pl", "plant")]
    [InlineData("\\d c", "cpu")]
    [InlineData("\\f ch", "chart")]
    [InlineData("\\con", "\\conflicts \\consistency")]
    [InlineData("SELECT 1 + ", "")]
    public void Tab_offers_what_fits(string text, string expected)
    {
        (int start, IReadOnlyList<string> candidates) = Names.Complete(text, text.Length);
        Assert.Equal(expected, string.Join(' ', candidates));
        if (candidates.Count > 0)
            Assert.StartsWith(text[start..], Completion.CommonStart(candidates).TrimStart('"'),
                StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void History_comes_back_from_its_file_with_lines_and_backslashes()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "history");
        try
        {
            History history = History.Open(path);
            history.Add("SELECT 1\nFROM \"a\\nb\";");
            history.Add("\\d cpu");
            history.Add("\\d cpu");
            History again = History.Open(path);
            Assert.Equal(["SELECT 1\nFROM \"a\\nb\";", "\\d cpu"], again.Entries);
            Assert.Equal(0, again.FindBefore(2, "from"));
            Assert.Equal(-1, again.FindBefore(0, "from"));
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    [Fact]
    public void A_chart_has_a_line_for_each_series_and_the_ends_of_both_axes()
    {
        string[][] rows =
        [
            .. Enumerable.Range(0, 60).SelectMany(i => ((string, int)[])[("a", i), ("b", 59 - i)]).Select(
                one => new[] { $"2016-01-01T00:{one.Item2:00}:00Z", one.Item1, $"{one.Item2}" }),
        ];
        TimeChart chart = TimeChart.Of(["t", "host", "v"], rows)!;
        StringWriter text = new();
        chart.Print(text, width: 60, height: 8, hasColours: false);
        string[] lines = text.ToString().Split('\n');
        Assert.StartsWith("59 │", lines[0], StringComparison.Ordinal);
        Assert.StartsWith(" 0 │", lines[7], StringComparison.Ordinal);
        Assert.Contains("2016-01-01 00:00:00", lines[9], StringComparison.Ordinal);
        Assert.EndsWith("2016-01-01 00:59:00", lines[9], StringComparison.Ordinal);
        Assert.Equal("━━ a", lines[10].Trim());
        Assert.Equal("━━ b", lines[11].Trim());
        Assert.True(lines[..8].All(line => line.Length > 5), "the lines cross every height");
        Assert.Null(TimeChart.Of(["host", "v"], [["a", "1"]]));
    }
}
