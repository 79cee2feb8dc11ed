using TsDb.Cli.Nodes;

namespace TsDb.Cli.Shell;

/// <summary>What the commands of the shell set.</summary>
internal sealed class ShellState(QueryCall call)
{
    /// <summary>Database, format and the rest of what goes with each question.</summary>
    public QueryCall Call { get; set; } = call;

    /// <summary>True to say time and coverage under each answer.</summary>
    public bool HasTiming { get; set; } = true;

    /// <summary>Where answers go; null for the terminal.</summary>
    public string? OutputPath { get; set; }

    /// <summary>True once the user wants to leave.</summary>
    public bool IsOver { get; set; }
}
