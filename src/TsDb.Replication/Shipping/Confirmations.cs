using TsDb.Model;

namespace TsDb.Replication.Shipping;

/// <summary>
/// What the cloud said lately of leaves whose files are about to go: an edge asks once more before it deletes
/// what it shipped, because the cloud may have lost it since. Safe to use from many threads.
/// </summary>
public sealed class Confirmations
{
    /// <summary>A word is good for so long: the deletion follows at once, or it is asked again.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromMinutes(2);

    /// <summary>
    /// A leaf that one owner has, but not as many as it takes, is not asked about again so soon: the owner
    /// says it by itself once it is so.
    /// </summary>
    private static readonly TimeSpan AskedAgainAfter = TimeSpan.FromMinutes(1);

    /// <summary>Beyond so many open questions the rest waits for the next turn.</summary>
    private const int AskedMax = 4_096;

    private readonly Lock _gate = new();
    private readonly Dictionary<ContentHash, DateTimeOffset?> _saidAt = [];
    private readonly Dictionary<ContentHash, DateTimeOffset> _restsUntil = [];

    /// <summary>True if the cloud has confirmed the leaf lately.</summary>
    public bool Has(ContentHash hash, DateTimeOffset now)
    {
        lock (_gate) return _saidAt.GetValueOrDefault(hash) is { } said && now - said <= GoodFor;
    }

    /// <summary>True if an owner was asked about the leaf lately and waits for others to have it.</summary>
    public bool Rests(ContentHash hash, DateTimeOffset now)
    {
        lock (_gate) return _restsUntil.TryGetValue(hash, out DateTimeOffset until) && now < until;
    }

    /// <summary>Notes that leaves are asked about; those for which there is room.</summary>
    public IReadOnlyList<Leaf> Ask(IEnumerable<Leaf> leaves, DateTimeOffset now)
    {
        lock (_gate)
        {
            foreach ((ContentHash hash, DateTimeOffset? said) in _saidAt.ToArray())
                if (said is { } at && now - at > GoodFor) _saidAt.Remove(hash);
            foreach ((ContentHash hash, DateTimeOffset until) in _restsUntil.ToArray())
                if (now >= until) _restsUntil.Remove(hash);
            List<Leaf> asked = [];
            foreach (Leaf leaf in leaves)
            {
                if (_saidAt.Count >= AskedMax && !_saidAt.ContainsKey(leaf.Hash)) break;
                _saidAt.TryAdd(leaf.Hash, null);
                asked.Add(leaf);
            }

            return asked;
        }
    }

    /// <summary>The cloud holds the leaf, or needs it no more. Counts only for what was asked.</summary>
    internal void Confirm(ContentHash hash, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_saidAt.ContainsKey(hash)) _saidAt[hash] = now;
        }
    }

    /// <summary>An owner has the leaf, and counts who else has.</summary>
    internal void Wait(ContentHash hash, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_saidAt.TryGetValue(hash, out DateTimeOffset? said) && said is null)
                _restsUntil[hash] = now + AskedAgainAfter;
        }
    }

    /// <summary>The cloud lacks the leaf.</summary>
    internal void Deny(ContentHash hash)
    {
        lock (_gate) _saidAt.Remove(hash);
    }
}
