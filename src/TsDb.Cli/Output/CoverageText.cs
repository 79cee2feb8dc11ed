using System.Text.Json;
using System.Text.Json.Nodes;

namespace TsDb.Cli.Output;

/// <summary>Says in words what an answer's coverage header says in JSON.</summary>
internal static class CoverageText
{
    /// <summary>Prints a warning if the answer is not complete.</summary>
    public static void WarnIfIncomplete(string coverage, TextWriter output)
    {
        try
        {
            JsonNode? json = JsonNode.Parse(coverage);
            if (json?["complete"]?.GetValue<bool>() != false) return;
            output.WriteLine($"incomplete: missing {json["missing"]?.ToJsonString() ?? "unknown parts"}");
        }
        catch (JsonException e)
        {
            output.WriteLine($"the node's coverage cannot be read ({e.Message}): {coverage}");
        }
    }
}
