using System.Text;

namespace TsDb.Cli.Output;

/// <summary>Reads CSV as the nodes write it (RFC 4180): fields with commas, quotes or line ends are
/// quoted.</summary>
internal static class CsvRows
{
    /// <summary>The records of the text, the header first.</summary>
    public static async IAsyncEnumerable<string[]> ReadAsync(TextReader reader)
    {
        List<string> record = [];
        StringBuilder field = new();
        char[] buffer = new char[64 * 1024];
        bool quoted = false, quoteSeen = false;
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
        {
            for (int i = 0; i < read; i++)
            {
                char c = buffer[i];
                if (quoted && !quoteSeen)
                {
                    if (c == '"') quoteSeen = true;
                    else field.Append(c);
                    continue;
                }

                if (quoteSeen)
                {
                    quoteSeen = false;
                    if (c == '"')
                    {
                        field.Append('"');
                        continue;
                    }

                    quoted = false;
                }

                if (c == '"' && field.Length == 0) quoted = true;
                else if (c == ',') Take(record, field);
                else if (c == '\n')
                {
                    Take(record, field);
                    yield return [.. record];
                    record.Clear();
                }
                else if (c != '\r') field.Append(c);
            }
        }

        if (field.Length == 0 && record.Count == 0) yield break;
        Take(record, field);
        yield return [.. record];
    }

    private static void Take(List<string> record, StringBuilder field)
    {
        record.Add(field.ToString());
        field.Clear();
    }
}
