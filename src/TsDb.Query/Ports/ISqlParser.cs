using System.Text.Json.Nodes;

namespace TsDb.Query.Ports;

/// <summary>The SQL grammar: text to syntax tree and back, in the form of DuckDB's
/// json_serialize_sql.</summary>
public interface ISqlParser
{
    /// <summary>
    /// The tree of one SELECT statement (the object with <c>statements</c>). Throws
    /// <see cref="Model.ErrorKind.Invalid"/> with the parser's message and place for anything else.
    /// </summary>
    JsonObject Parse(string sql);

    /// <summary>The text of a tree of the form that <see cref="Parse"/> returns.</summary>
    string Print(JsonObject tree);
}
