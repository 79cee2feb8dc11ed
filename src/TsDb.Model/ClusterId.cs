namespace TsDb.Model;

/// <summary>The id of one founded cluster: two clusters never merge, an edge pins the one it ships
/// to.</summary>
public readonly record struct ClusterId(Guid Value)
{
    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("N");
}
