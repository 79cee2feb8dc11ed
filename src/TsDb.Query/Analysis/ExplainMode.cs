namespace TsDb.Query.Analysis;

/// <summary>Whether a statement is to be answered or explained.</summary>
public enum ExplainMode
{
    /// <summary>Answered.</summary>
    None,

    /// <summary>EXPLAIN: what would run where; nothing runs.</summary>
    Plan,

    /// <summary>EXPLAIN ANALYZE: it runs, and what that took is told instead of its rows.</summary>
    Analyze,
}
