using System.Globalization;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using TsDb.Model;

namespace TsDb.Conformance.Differential;

/// <summary>One DuckDB that holds all points in a table and knows nothing else of this project.</summary>
internal sealed partial class PlainEngine : IDisposable
{
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");

    public PlainEngine(RandomData data)
    {
        _connection.Open();
        foreach (string sql in data.Sql().Prepend("SET TimeZone = 'UTC'")) Run(sql);
    }

    /// <summary>Takes out what tombstones in force mask.</summary>
    public void Delete(Erasures erasures, RandomData data)
    {
        foreach (Tombstone tombstone in erasures.Tombstones.Where(t => t.LiftedBy is null))
        {
            // A tag that nobody ever wrote is no column, and no point meets a condition on it.
            if (!tombstone.Where.All(condition => data.Tags.Contains(condition.Tag))) continue;
            string where = string.Concat(tombstone.Where.Select(condition =>
                $" AND {condition.Tag} IN ('{string.Join("', '", condition.Values)}')"));
            Run(string.Create(
                CultureInfo.InvariantCulture,
                $"DELETE FROM t WHERE time < make_timestamp_ns({tombstone.BeforeNanoseconds}){where}"));
        }
    }

    /// <summary>The rows, values between bars; the message if the statement fails.</summary>
    public string Answer(string sql)
    {
        try
        {
            using DuckDBCommand command = _connection.CreateCommand();
            command.CommandText = $"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({sql})";
            using DuckDBDataReader reader = command.ExecuteReader();
            List<string> rows = [];
            while (reader.Read())
            {
                rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount)
                    .Select(i => reader.IsDBNull(i) ? "null" : Plain(reader.GetString(i)))));
            }

            return string.Join('\n', rows);
        }
        catch (DuckDBException error)
        {
            return $"error {error.Message}";
        }
    }

    public void Dispose() => _connection.Dispose();

    private void Run(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    // Times as the fleet's answers have them: nanoseconds since 1970.
    private static string Plain(string text)
    {
        if (!Moment().IsMatch(text)) return text;
        DateTime seconds = DateTime.ParseExact(
            text[..19], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None);
        long fraction = text.Length == 19 ? 0
            : long.Parse(text[20..].PadRight(9, '0'), CultureInfo.InvariantCulture);
        long time = ((seconds.Ticks - DateTime.UnixEpoch.Ticks) * 100) + fraction;
        return time.ToString(CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})?$")]
    private static partial Regex Moment();
}
