using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;
using TsDb.Storage.Wal;

namespace TsDb.Storage.Seal;

/// <summary>What has to be so of the files below <c>segments</c> when a store opens.</summary>
internal static class SegmentFiles
{
    /// <summary>Behind the name of a file that was not what it should be.</summary>
    public const string DamagedSuffix = ".damaged";

    private const string Suffix = ".parquet";
    private const string TemporarySuffix = ".tmp";

    /// <summary>
    /// The segments whose file is not there, and why. They are set aside, so that one of them does not stand
    /// in the way of all others: no query reads them, and what they hold is named as missing.
    /// </summary>
    public static ImmutableDictionary<string, string> Missing(IDisk disk, CatalogState catalog, ILogger log)
    {
        HashSet<string> present = [.. disk.List(SegmentFolder.Root)];
        ImmutableDictionary<string, string> missing = catalog.Segments.Keys
            .Where(name => !present.Contains(name))
            .ToImmutableDictionary(name => name, name => AbsenceOf(disk, name)!);
        foreach ((string name, string why) in missing) Log.SegmentMissing(log, disk.FullPath(name), why);
        return missing;
    }

    /// <summary>Why the file of a segment is not there; null if it is.</summary>
    public static string? AbsenceOf(IDisk disk, string name)
    {
        if (disk.Exists(name)) return null;
        return disk.Exists(name + DamagedSuffix)
            ? $"it is damaged, and set aside as {name[(name.LastIndexOf('/') + 1)..]}{DamagedSuffix}"
            : "its file is missing";
    }

    /// <summary>
    /// Removes what a crash left behind: segments that no record names, because their seal or merge did not
    /// come to its record, or because they were dropped. Where that cannot be, the catalog is older than what
    /// lies beside it: then nothing is removed.
    /// </summary>
    public static void RemoveOrphans(IDisk disk, CatalogState catalog, ILogger log)
    {
        IReadOnlyList<string> paths = disk.List(SegmentFolder.Root);
        string[] orphans =
            [.. paths.Where(path => IsOurs(path) && !catalog.Segments.ContainsKey(path))];
        if (orphans.Length == 0) return;
        HashSet<string> present = [.. paths];
        bool isAnyMissing = catalog.Segments.Keys.Any(
            name => !present.Contains(name) && !present.Contains(name + DamagedSuffix));
        if (isAnyMissing || IsOlder(catalog, orphans, LogReplay.Beginning(disk)))
        {
            Log.OrphansKept(log, orphans.Length, disk.FullPath(orphans[0]));
            return;
        }

        foreach (string path in orphans)
        {
            disk.Delete(path);
            Log.OrphanRemoved(log, path);
        }
    }

    // What was sealed and not recorded is in the log still.
    private static bool IsOlder(CatalogState catalog, string[] orphans, CommitSequence? logBegins) =>
        logBegins is { } before
            ? before.CompareTo(catalog.Covered) > 0
            : orphans.Any(path => SegmentSealer.RankOf(path) >= catalog.RankNext);

    private static bool IsOurs(string path) =>
        path.EndsWith(Suffix, StringComparison.Ordinal)
        || path.EndsWith(Suffix + TemporarySuffix, StringComparison.Ordinal);
}
