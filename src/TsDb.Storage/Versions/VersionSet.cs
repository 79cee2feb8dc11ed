using Microsoft.Extensions.Logging;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Versions;

/// <summary>
/// The current version and the leases on it and on older ones. A file that a version no longer names is
/// deleted when no lease on an earlier version is left. The gate is held for the swap only, never across disk
/// work.
/// </summary>
internal sealed class VersionSet(IDisk disk, StoreVersion first, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, int> _leases = [];
    private readonly List<(long Until, string Path)> _doomed = [];
    private StoreVersion _current = first;

    public StoreVersion Current => Volatile.Read(ref _current);

    public StoreLease Acquire()
    {
        lock (_gate)
        {
            StoreVersion version = _current;
            _leases[version.Number] = _leases.GetValueOrDefault(version.Number) + 1;
            return new StoreLease(version, Release);
        }
    }

    /// <summary>
    /// Swaps in the version that <paramref name="next"/> makes of the current one; <paramref name="dropped"/>
    /// are files that it no longer names.
    /// </summary>
    public StoreVersion Swap(Func<StoreVersion, StoreVersion> next, IReadOnlyCollection<string> dropped)
    {
        StoreVersion version;
        lock (_gate)
        {
            version = next(_current);
            Volatile.Write(ref _current, version);
            _doomed.AddRange(dropped.Select(path => (version.Number, path)));
        }

        if (dropped.Count > 0) DeleteUnneeded();
        return version;
    }

    /// <summary>Deletes the files that nobody can read any more.</summary>
    public void DeleteUnneeded()
    {
        (long Until, string Path)[] unneeded;
        lock (_gate)
        {
            long oldest = _leases.Count == 0 ? long.MaxValue : _leases.First().Key;
            unneeded = [.. _doomed.Where(file => file.Until <= oldest)];
            _doomed.RemoveAll(file => file.Until <= oldest);
        }

        foreach ((long Until, string Path) file in unneeded) Delete(file);
    }

    private void Delete((long Until, string Path) file)
    {
        try
        {
            disk.Delete(file.Path);
        }
        catch (IOException e)
        {
            Log.DeleteFailed(log, file.Path, e);
            lock (_gate) _doomed.Add(file);
        }
    }

    private void Release(StoreLease lease)
    {
        lock (_gate)
        {
            long number = lease.Version.Number;
            int left = _leases[number] - 1;
            if (left > 0) _leases[number] = left;
            else _leases.Remove(number);
            if (_doomed.Count == 0) return;
        }

        DeleteUnneeded();
    }
}
