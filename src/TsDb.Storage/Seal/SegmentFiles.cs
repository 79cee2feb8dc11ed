using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Seal;

/// <summary>What has to be so of the files below <c>segments</c> when a store opens.</summary>
internal static class SegmentFiles
{
    /// <summary>
    /// Throws <see cref="ErrorKind.Corrupt"/> if a file that the catalog names is not there.
    /// </summary>
    public static void Require(IDisk disk, CatalogState catalog)
    {
        HashSet<string> present = [.. disk.List(SegmentFolder.Root)];
        string? missing = catalog.Segments.Keys.FirstOrDefault(name => !present.Contains(name));
        if (missing is null) return;
        throw new TsDbException(
            ErrorKind.Corrupt, $"segment {disk.FullPath(missing)} is missing (offset 0): restore the file");
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
