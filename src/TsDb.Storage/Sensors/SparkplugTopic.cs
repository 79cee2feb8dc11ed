namespace TsDb.Storage.Sensors;

/// <summary>A topic of Sparkplug B: <c>spBv1.0/{group}/{type}/{node}[/{device}]</c>.</summary>
/// <param name="Group">The group.</param>
/// <param name="Type">NBIRTH, NDATA, NDEATH, NCMD, DBIRTH, DDATA, DDEATH or DCMD.</param>
/// <param name="Node">The node.</param>
/// <param name="Device">The device; null for the node itself.</param>
internal readonly record struct SparkplugTopic(string Group, string Type, string Node, string? Device)
{
    /// <summary>What all these topics begin with.</summary>
    public const string Root = "spBv1.0/";

    private static readonly string[] Types =
        ["NBIRTH", "NDATA", "NDEATH", "NCMD", "DBIRTH", "DDATA", "DDEATH", "DCMD"];

    /// <summary>Where commands for the node go.</summary>
    public string CommandTopic => $"{Root}{Group}/NCMD/{Node}";

    /// <summary>Reads a topic; false if it is none of these.</summary>
    public static bool TryParse(string topic, out SparkplugTopic parsed)
    {
        parsed = default;
        if (!topic.StartsWith(Root, StringComparison.Ordinal)) return false;
        string[] levels = topic[Root.Length..].Split('/');
        if (levels.Length is not (3 or 4) || levels.Any(level => level.Length == 0)) return false;
        if (!Types.Contains(levels[1]) || levels[1][0] == 'D' != (levels.Length == 4)) return false;
        parsed = new SparkplugTopic(levels[0], levels[1], levels[2], levels.Length == 4 ? levels[3] : null);
        return true;
    }
}
