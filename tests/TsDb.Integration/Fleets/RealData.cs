using System.Globalization;
using System.IO.Compression;
using System.Text;
using DuckDB.NET.Data;
using TsDb.Model;

namespace TsDb.Integration.Fleets;

/// <summary>
/// The real measurements in the shared folder beside the checkout (237,802 lines of 23 series), and what
/// DuckDB makes of
/// the same text when it reads it by itself.
/// </summary>
internal sealed class RealData : IDisposable
{
    private const string Name = "data/nab.lp.gz";

    private readonly DuckDBConnection _duck = new("DataSource=:memory:");
    private readonly string _path;

    private RealData(string path)
    {
        _path = path;
        _duck.Open();
        Run("SET threads = 1");
        Run($$"""
            CREATE TABLE lines AS SELECT row_number() OVER () AS n, *
            FROM read_csv('{{path}}', delim = ' ', header = false,
              columns = {'key': 'VARCHAR', 'field': 'VARCHAR', 'ts': 'BIGINT'})
            """);

        // The last line of a rewritten timestamp counts.
        Run("""
            CREATE TABLE points AS
            SELECT split_part(key, ',', 1) AS tbl, split_part(key, 'series=', 2) AS series,
              make_timestamp_ns(ts) AS time, ts // 86_400_000_000_000 AS day,
              CAST(split_part(field, '=', 2) AS DOUBLE) AS value
            FROM lines QUALIFY row_number() OVER (PARTITION BY key, ts ORDER BY n DESC) = 1
            """);
    }

    /// <summary>The data, or a skipped test where the folder is not there.</summary>
    public static RealData Open()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder
            is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", Name);
            if (File.Exists(path)) return new RealData(path);
        }

        Assert.Skip($"the shared folder with {Name} is not beside this checkout");
        throw new System.Diagnostics.UnreachableException();
    }

    /// <summary>All lines as they are.</summary>
    public Stream Lines() => new GZipStream(File.OpenRead(_path), CompressionMode.Decompress);

    /// <summary>The lines of part <paramref name="part"/> of <paramref name="parts"/>: whole series, in
    /// order; of every so many days one, by the column <c>day</c> of table <c>points</c>.</summary>
    public Stream Lines(int part, int parts, int days)
    {
        using StreamReader reader = new(Lines());
        Dictionary<string, int> series = new(StringComparer.Ordinal);
        StringBuilder chosen = new();
        while (reader.ReadLine() is { } line)
        {
            string key = line[..line.IndexOf(' ', StringComparison.Ordinal)];
            if (!series.TryGetValue(key, out int index)) series.Add(key, index = series.Count);
            if (index % parts == part && DayOf(line) % days == 0) chosen.Append(line).Append('\n');
        }

        return new MemoryStream(Encoding.UTF8.GetBytes(chosen.ToString()));
    }

    private static long DayOf(string line)
    {
        ReadOnlySpan<char> time = line.AsSpan(line.LastIndexOf(' ') + 1);
        return long.Parse(time, CultureInfo.InvariantCulture) / Day.NanosecondsLength;
    }

    /// <summary>Rows of a question to DuckDB over table <c>points</c>.</summary>
    public List<object?[]> Ask(string sql)
    {
        using DuckDBCommand command = _duck.CreateCommand();
        command.CommandText = sql;
        using DuckDBDataReader reader = command.ExecuteReader();
        List<object?[]> rows = [];
        while (reader.Read())
        {
            object?[] row = new object?[reader.FieldCount];
            for (int i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            rows.Add(row);
        }

        return rows;
    }

    public void Dispose() => _duck.Dispose();

    private void Run(string sql)
    {
        using DuckDBCommand command = _duck.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
