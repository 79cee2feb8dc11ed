using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Hashes that something was said about a short while ago, so that it is not said again. Bounded.
/// </summary>
internal sealed class RecentHashes(int countMax, TimeSpan rest)
{
    private readonly Dictionary<ContentHash, DateTimeOffset> _saidAt = [];

    /// <summary>True if the hash has rested long enough to be spoken of now.</summary>
    public bool Add(ContentHash hash, DateTimeOffset now)
    {
        if (_saidAt.TryGetValue(hash, out DateTimeOffset said) && now - said < rest) return false;
        if (_saidAt.Count >= countMax) _saidAt.Clear();
        _saidAt[hash] = now;
        return true;
    }
}
