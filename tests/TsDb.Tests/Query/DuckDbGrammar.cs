using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using TsDb.Model;
using TsDb.Query.Ports;

namespace TsDb.Tests.Query;

/// <summary>The grammar by DuckDB itself, for tests of what stands on it.</summary>
internal sealed class DuckDbGrammar(DuckDBConnection connection) : ISqlParser
{
    public JsonObject Parse(string sql)
    {
        JsonObject tree = (JsonObject)JsonNode.Parse(Ask("SELECT json_serialize_sql($1::VARCHAR)", sql))!;
        return (bool)tree["error"]!
            ? throw new TsDbException(ErrorKind.Invalid, (string)tree["error_message"]!)
            : tree;
    }

    public string Print(JsonObject tree) => Ask("SELECT json_deserialize_sql($1::JSON)", tree.ToJsonString());

    private string Ask(string sql, string value)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.Add(new DuckDBParameter(value));
        try
        {
            return (string)command.ExecuteScalar()!;
        }
        catch (DuckDBException broken)
        {
            throw new TsDbException(ErrorKind.Invalid, broken.Message, broken);
        }
    }
}
