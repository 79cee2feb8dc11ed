using Microsoft.Extensions.Logging;
using TsDb.Storage.Ports;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Who reads which version, and which files wait for the last reader. A file that left the catalog with
/// version v goes when no lease on a version before v is held.
/// </summary>
internal sealed class ReplicaLeases(IDisk disk, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, int> _held = [];
    private readonly Dictionary<string, long> _doomed = new(StringComparer.Ordinal);

    /// <summary>Files that wait for their last reader.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_gate) return _doomed.Count;
        }
    }

    /// <summary>Counts a reader of the version that is current now; the action ends its lease.</summary>
    public (ReplicaVersion Version, Action Release) Take(Func<ReplicaVersion> current)
    {
        ReplicaVersion version;
        lock (_gate)
        {
            // Read under the gate: no file of it can go between the reading and the counting.
            version = current();
            _held[version.Number] = _held.GetValueOrDefault(version.Number) + 1;
        }

        return (version, () => Release(version.Number));
    }

    /// <summary>The file is part of no version from <paramref name="version"/> on.</summary>
    public void DeleteLater(string path, long version)
    {
        lock (_gate) _doomed[path] = version;
    }

    /// <summary>The file is part of the current version again.</summary>
    public void Keep(string path)
    {
        lock (_gate) _doomed.Remove(path);
    }

    /// <summary>
    /// Removes the files that nobody can read any more. What the disk refuses is tried again with the next.
    /// </summary>
    public void DeleteUnused()
    {
        lock (_gate)
        {
            long oldest = _held.Count == 0 ? long.MaxValue : _held.First().Key;
            string[] unused = [.. _doomed.Where(file => file.Value <= oldest).Select(file => file.Key)];
            foreach (string path in unused)
            {
                try
                {
                    disk.Delete(path);
                    _doomed.Remove(path);
                }
                catch (IOException e)
                {
                    // No catalog names it: after a restart it goes, too.
                    Log.NotDeleted(log, path, e.Message);
                }
            }
        }
    }

    private void Release(long version)
    {
        lock (_gate)
        {
            if (--_held[version] == 0) _held.Remove(version);
        }

        DeleteUnused();
    }
}
