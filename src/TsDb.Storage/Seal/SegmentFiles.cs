using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Seal;

/// <summary>What has to be so of the files below <c>segments</c> when a store opens.</summary>
internal static class SegmentFiles
{
    /// <summary>
    /// The segments whose file is not there. They are set aside, so that one of them does not stand in the
    /// way of all others: no query reads them, and what they hold is named as missing.
    /// </summary>
    public static ImmutableHashSet<string> Missing(IDisk disk, CatalogState catalog, ILogger log)
    {
        HashSet<string> present = [.. disk.List(SegmentFolder.Root)];
        ImmutableHashSet<string> missing =
            [.. catalog.Segments.Keys.Where(name => !present.Contains(name))];
        foreach (string name in missing) Log.SegmentMissing(log, disk.FullPath(name));
        return missing;
    }

    /// <summary>Removes what a crash left behind: files that no record names.</summary>
    public static void RemoveOrphans(IDisk disk, CatalogState catalog, ILogger log)
    {
        string[] orphans = [
            .. disk.List(SegmentFolder.Root).Where(path => !catalog.Segments.ContainsKey(path))];
        foreach (string path in orphans) disk.Delete(path);
        if (orphans.Length > 0) Log.OrphansRemoved(log, orphans.Length);
    }
}
