namespace TsDb.Simulation.Truth;

/// <summary>Which write each field of a point comes from; 0 where it has none.</summary>
internal readonly record struct PointValue(long V, long F, long S)
{
    public long this[int field] => field switch
    {
        0 => V,
        1 => F,
        _ => S,
    };
}
