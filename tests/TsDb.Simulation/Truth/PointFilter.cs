using TsDb.Model;

namespace TsDb.Simulation.Truth;

/// <summary>What can be seen after some changes of erasures, by the definition of a tombstone.</summary>
internal sealed class PointFilter(Erasures erasures, long number)
{
    private readonly Tombstone[] _tombstones = [.. erasures.Tombstones.Where(t => t.CountsAt(number))];

    /// <summary>What can be seen for ever: only final tombstones count.</summary>
    public static PointFilter Final(Erasures erasures) => new(
        erasures with { Tombstones = [.. erasures.Tombstones.Where(t => t.FinalBy is not null)] },
        erasures.Number);

    /// <summary>True unless the point is erased.</summary>
    public bool Shows(PointKey key) => !_tombstones.Any(t =>
        t.Table.Table == key.Table && key.Time < t.BeforeNanoseconds
        && t.Where.All(condition => condition.Tag == "host" && condition.Values.Contains(key.Host)));

    /// <summary>Those that can be seen.</summary>
    public Dictionary<PointKey, T> Of<T>(Dictionary<PointKey, T> points) => _tombstones.Length == 0
        ? points : points.Where(point => Shows(point.Key)).ToDictionary();
}
