namespace TsDb.Load.Queries;

/// <summary>What each type of question may take on one node, in milliseconds.</summary>
internal static class QueryGoals
{
    /// <summary>The type that asks for the most rows; as Arrow it has a goal of its own.</summary>
    public const string Widest = "high-cpu-all";

    /// <summary>The goal of the widest type as Arrow.</summary>
    public const double WidestAsArrow = 25;

    /// <summary>By type, in the order of the table.</summary>
    public static IReadOnlyList<(string Type, double Milliseconds)> All { get; } =
    [
        ("single-groupby-1-1-1", 0.6), ("single-groupby-1-1-12", 0.8), ("single-groupby-1-8-1", 0.9),
        ("single-groupby-5-1-1", 0.9), ("single-groupby-5-1-12", 1.8), ("single-groupby-5-8-1", 2.7),
        ("cpu-max-all-1", 1.0), ("cpu-max-all-8", 4.8), ("double-groupby-1", 5.2), ("double-groupby-5", 18),
        ("double-groupby-all", 27), (Widest, 60), ("high-cpu-1", 2.5), ("lastpoint", 3),
        ("groupby-orderby-limit", 3.9),
    ];
}
