
namespace TsDb.Tests;

/// <summary>
/// The folder with public data that lies beside the repository. A test that reads it is skipped, and counted
/// as skipped, where it is absent.
/// </summary>
public static class SharedFolder
{
    /// <summary>The path of a file in the folder; skips the running test if it is not there.</summary>
    public static string Require(string relativePath)
    {
        string? path = Find(relativePath);
        if (path is null)
            Assert.Skip($"shared/{relativePath} is not beside the repository (or set TSDB_SHARED)");
        return path!;
    }

    private static string? Find(string relativePath)
    {
        string? told = Environment.GetEnvironmentVariable("TSDB_SHARED");
        if (!string.IsNullOrEmpty(told))
        {
            string path = Path.Combine(told, relativePath);
            return File.Exists(path) ? path : null;
        }

        for (
            DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", relativePath);
            if (File.Exists(path)) return path;
        }

        return null;
    }
}
