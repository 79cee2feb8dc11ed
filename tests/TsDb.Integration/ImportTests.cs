using System.Globalization;
using System.IO.Compression;
using System.Text;
using TsDb.Integration.Fleets;

namespace TsDb.Integration;

/// <summary>What goes out by <c>tsdb export</c> comes in again by <c>tsdb import</c>, value by value; what
/// cannot come in is refused by row and reason.</summary>
public sealed class ImportTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    private const string Extremes =
        """
        t,site=a\,b,room=1 f=0.1,i=-9223372036854775808i,u=18446744073709551615u,b=true,s="line
        feed, \"quote\", back\\slash" 1451606400123456789
        t,site=c\\d\ e f=-0,i=9223372036854775807i,u=0u,b=false,s="" 1451606400123456790
        t,site=c\\d\ e f=5e-324,i=0i,u=1u,s="ends with \\" 1451606400123456791
        t,site=p\=q f=1.7976931348623157e308,i=1i,s="\"\"" 1451606400123456792
        t,site=p\=q f=21,u=2u,s=";a	b;" -1
        t f=0.30000000000000004,s="carriage
        return, é" 9223372036854775806
        t b=true 0
        """;

    private string Url => shared.Edge.Url;

    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public async Task Every_type_comes_back_from_a_file_exactly(string ending)
    {
        string again = $"{ending}_again";
        string lines = Extremes.ReplaceLineEndings("\n").Replace("carriage\n", "carriage\r\n",
            StringComparison.Ordinal);
        await WriteAsync(Encoding.UTF8.GetBytes(lines), ending);
        string first = Path.Combine(shared.Folder, $"first.{ending}");
        string second = Path.Combine(shared.Folder, $"second.{ending}");
        await RightAsync("export", "--url", Url, "--db", ending, "--sql", "SELECT * FROM t ORDER BY time",
            first);
        CommandLine import = await RightAsync("import", first, "--url", Url, "--db", again,
            "--table", "t", "--tags", "site,room", "--types", "u=uint,f=float");
        Assert.StartsWith("7 lines", import.Output, StringComparison.Ordinal);
        string[] asked = ["query", "--format", "csv", "--url", Url, "SELECT * FROM t ORDER BY time", "--db"];
        CommandLine before = await RightAsync([.. asked, ending]);
        CommandLine after = await RightAsync([.. asked, again]);
        Assert.Equal(before.Output, after.Output);
        Assert.Contains("-9223372036854775808,", after.Output, StringComparison.Ordinal);
        Assert.Contains("18446744073709551615", after.Output, StringComparison.Ordinal);
        string types = "SELECT typeof(f) AS f, typeof(i) AS i, typeof(u) AS u, typeof(b) AS b, "
            + "typeof(s) AS s FROM t LIMIT 1";
        CommandLine type = await RightAsync(
            "query", "--format", "csv", "--url", Url, "--db", again, types);
        Assert.Equal("f,i,u,b,s\nDOUBLE,BIGINT,UBIGINT,BOOLEAN,VARCHAR\n", type.Output);
        await RightAsync("export", "--url", Url, "--db", again, "--sql",
            "SELECT * FROM t ORDER BY time", second);
        if (ending == "csv") Assert.Equal(File.ReadAllText(first), File.ReadAllText(second));
    }

    [Fact]
    public async Task A_row_that_cannot_come_in_is_named_and_the_others_are_stored()
    {
        string file = Path.Combine(shared.Folder, "rows.csv");
        File.WriteAllText(file, """"
            time,host,v,n,note
            2016-01-01 00:00:00.000000001,a,1,1,fine
            2016-01-01T00:00:00.000000002Z,"b
            c",2,2,two lines
            never,a,3,3,no time
            2016-01-01T00:00:00.000000003+01:00,a,NaN,,not a number
            4,a\,5,5,ends with a backslash
            5,a,6,6
            6,a,,,nothing
            7,a,7.5,18446744073709551615,"say ""hi"""
            """");
        CommandLine import = await CommandLine.RunAsync("import", file, "--url", Url, "--db", "rows",
            "--table", "t", "--tags", "host");
        Assert.Equal(1, import.ExitCode);
        Assert.StartsWith("4 lines", import.Output, StringComparison.Ordinal);
        foreach (string said in new[]
        {
            "tags host; fields v (float), n (uint), note (string)",
            "line 3: column 'host': a tag's value holds a line feed",
            "line 5: 'never' is not a time",
            "line 7: column 'host': a tag's value ends with a backslash",
            "line 8: 4 values where the header names 5 columns",
            "1 values are NaN or infinite and were left out",
            "4 rows were refused; the others are stored",
        })
            Assert.Contains(said, import.Errors, StringComparison.Ordinal);
        Assert.Equal(4, await shared.Edge.NumberAsync("SELECT count(*) AS n FROM t", "rows"));
        Assert.Equal(1, await shared.Edge.NumberAsync(
            "SELECT count(*) AS n FROM t WHERE n > 9 AND note = 'say \"hi\"'", "rows"));
        await RequireRefusedFilesAsync();
    }

    private async Task RequireRefusedFilesAsync()
    {
        byte[] text = Encoding.UTF8.GetBytes("time,v\n" + string.Concat(Enumerable.Range(0, 20_000).Select(
            i => string.Create(CultureInfo.InvariantCulture, $"{i},{i * 7_919L % 10_007}\n"))));
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(text);
        byte[] whole = packed.ToArray(), damaged = [.. whole];
        damaged[^6] ^= 1; // in the checksum
        foreach ((byte[] bytes, string said) in new[]
        {
            (whole[..(whole.Length / 2)], "ends too early"),
            (whole[..^8], "ends too early"),
            (damaged, "is damaged"),
        })
        {
            string file = Path.Combine(shared.Folder, "file.csv.gz");
            await File.WriteAllBytesAsync(file, bytes);
            CommandLine import = await CommandLine.RunAsync(
                "import", file, "--url", Url, "--table", "cut");
            Assert.Equal(2, import.ExitCode);
            Assert.Contains(said, import.Errors, StringComparison.Ordinal);
        }

        string large = Path.Combine(shared.Folder, "large.csv");
        await File.WriteAllTextAsync(large, "time,v\n1,9007199254740993\n2,0.5\n");
        CommandLine rounding = await CommandLine.RunAsync(
            "import", large, "--url", Url, "--table", "large");
        Assert.Equal(2, rounding.ExitCode);
        Assert.Contains("9007199254740993, which a double would round", rounding.Errors,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_edge_refuses_is_named_by_the_row_of_the_file()
    {
        await WriteAsync("t v=1i 1\n"u8.ToArray(), "refused");
        StringBuilder csv = new("time,v,note\n");
        for (int row = 0; row < 2_500; row++)
            csv.Append(CultureInfo.InvariantCulture, $"{row},{row},\"two\nlines\"\n");
        string file = Path.Combine(shared.Folder, "rows.csv");
        File.WriteAllText(file, csv.ToString());
        CommandLine import = await CommandLine.RunAsync("import", file, "--url", Url, "--db", "refused",
            "--table", "t", "--tags", "", "--types", "v=float");
        Assert.Equal(1, import.ExitCode);
        Assert.Contains("line 2: invalid column type for column 'v'", import.Errors,
            StringComparison.Ordinal);
        Assert.Contains("line 20: invalid column type", import.Errors, StringComparison.Ordinal);
        Assert.Contains("2500 rows were refused", import.Errors, StringComparison.Ordinal);
        // The table says that v is an integer and, once there, that note is no tag.
        await WriteAsync("t note=\"\" 1\n"u8.ToArray(), "refused");
        CommandLine again = await RightAsync(
            "import", file, "--url", Url, "--db", "refused", "--table", "t");
        Assert.Contains("tags none; fields v (int), note (string)", again.Errors, StringComparison.Ordinal);
        Assert.StartsWith("2,500 lines", again.Output, StringComparison.Ordinal);
        Assert.Equal(2_500, await shared.Edge.NumberAsync(
            "SELECT count(*) AS n FROM t WHERE note = chr(116) || 'wo' || chr(10) || 'lines'", "refused"));
    }

    private Task WriteAsync(byte[] lines, string database) =>
        TestFleet.WriteAsync(Url, new MemoryStream(lines), database);

    private static async Task<CommandLine> RightAsync(params string[] arguments)
    {
        CommandLine run = await CommandLine.RunAsync(arguments);
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', arguments)}\n{run.Output}{run.Errors}");
        return run;
    }
}
