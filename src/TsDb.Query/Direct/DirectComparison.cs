namespace TsDb.Query.Direct;

/// <summary>How a value compares with a constant behind it.</summary>
internal enum DirectComparison
{
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
