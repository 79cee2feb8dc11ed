using System.Text.Json;
using TsDb.Model;

namespace TsDb.Adapters.Flight;

/// <summary>A client's ticket: the JSON that the v3 clients send.</summary>
/// <param name="Database">The database to query.</param>
/// <param name="Sql">The statement.</param>
public sealed record FlightTicket(string Database, string Sql)
{
    private const int BytesMax = 1 << 20;

    /// <summary>
    /// Reads <c>{"database","sql_query","query_type"}</c>. Throws <see cref="ErrorKind.Invalid"/> for
    /// anything else, and for a query language that is not SQL.
    /// </summary>
    public static FlightTicket Parse(ReadOnlyMemory<byte> ticket)
    {
        if (ticket.Length > BytesMax)
            throw new TsDbException(ErrorKind.TooLarge, $"a Flight ticket has at most {BytesMax} bytes");
        try
        {
            using JsonDocument document = JsonDocument.Parse(ticket);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw Wrong();
            string database = Text(root, "database") ?? throw Wrong();
            string sql = Text(root, "sql_query") ?? throw Wrong();
            string language = Text(root, "query_type") ?? "sql";
            return language.Equals("sql", StringComparison.OrdinalIgnoreCase)
                ? new FlightTicket(database, sql)
                : throw new TsDbException(
                    ErrorKind.Invalid, $"query type '{language}' is not supported here: use sql");
        }
        catch (JsonException e)
        {
            throw new TsDbException(ErrorKind.Invalid, $"the Flight ticket is not JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // The document says only when a text is asked for that it is no Unicode.
            throw new TsDbException(ErrorKind.Invalid, "a text in the Flight ticket is not valid Unicode", e);
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static TsDbException Wrong() => new(
        ErrorKind.Invalid,
        "a Flight ticket here is JSON: {\"database\": ..., \"sql_query\": ..., \"query_type\": \"sql\"}");
}
