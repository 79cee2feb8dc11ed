using TsDb.Model;

namespace TsDb.Replication.Shipping;

/// <summary>
/// What was cut lately, by this start of the program. A directory that was restored or cloned cuts under its
/// old incarnation until the cloud's word reaches it; those ordinals lie among, or below, such as it does not
/// know, so older points would win over their rows. They are cut anew then.
/// </summary>
internal sealed class RecentCuts
{
    /// <summary>Ledgers are compared every hour, and at every connect.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(3);

    private const int LeavesMax = 4_096;

    private readonly Queue<(Leaf Leaf, DateTimeOffset At)> _cuts = new();

    /// <summary>A leaf was cut.</summary>
    public void Add(Leaf leaf, DateTimeOffset now)
    {
        while (_cuts.TryPeek(out (Leaf Leaf, DateTimeOffset At) oldest)
            && (_cuts.Count >= LeavesMax || now - oldest.At > KeptFor)) _cuts.Dequeue();
        _cuts.Enqueue((leaf, now));
    }

    /// <summary>The leaves of an incarnation, oldest first; they are forgotten.</summary>
    public IReadOnlyList<Leaf> Take(Incarnation incarnation)
    {
        Leaf[] taken = [.. _cuts.Select(cut => cut.Leaf).Where(leaf => leaf.Incarnation == incarnation)];
        _cuts.Clear();
        return taken;
    }
}
