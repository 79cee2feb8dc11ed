namespace TsDb.Query.Direct;

/// <summary>Where the values of a column come from.</summary>
internal enum DirectSource
{
    Time,
    Edge,
    Tag,
    Field,
}
