using System.Globalization;
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

    /// <summary>Who took part, behind the time: <c>, 3 nodes, complete</c>.</summary>
    public static string Summary(string coverage)
    {
        try
        {
            JsonNode? json = JsonNode.Parse(coverage);
            string whole = json?["complete"]?.GetValue<bool>() == true ? "complete" : "incomplete";
            return Count(json?["nodes"], " node") + Count(json?["edges"], " edge")
                + Count(json?["silent"], " silent edge") + $", {whole}";
        }
        catch (JsonException e)
        {
            return $", coverage cannot be read: {e.Message}";
        }
    }

    // A long list ends with how many it leaves out: "and 80 more".
    private static string Count(JsonNode? list, string what)
    {
        if (list is not JsonArray { Count: > 0 } all) return "";
        int count = all.Count;
        if (all[^1]?.GetValue<string>().Split(' ') is ["and", var more, "more"]
            && int.TryParse(more, NumberStyles.None, CultureInfo.InvariantCulture, out int left))
            count += left - 1;
        return string.Create(CultureInfo.InvariantCulture, $", {count}{what}{(count == 1 ? "" : "s")}");
    }
}
