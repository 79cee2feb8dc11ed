namespace TsDb.Query.Direct;

/// <summary>A column of the points, looked up.</summary>
/// <param name="Source">Where its values come from.</param>
/// <param name="Name">The logical name of a tag or field; empty otherwise.</param>
/// <param name="Type">The resolved type.</param>
internal sealed record DirectColumn(DirectSource Source, string Name, ResolvedType Type)
{
    public static readonly DirectColumn Time = new(DirectSource.Time, "", ResolvedType.BigInt);

    public static readonly DirectColumn Edge = new(DirectSource.Edge, "", ResolvedType.Text);
}
