using TsDb.Model;

namespace TsDb.Cli.Demo;

/// <summary>Finds the other programs of this build.</summary>
internal static class Programs
{
    /// <summary>The words that start a program: its launcher lies in <c>artifacts/bin</c> of this build, or
    /// on the path.</summary>
    public static IReadOnlyList<string> Find(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder
            is not null; folder = folder.Parent)
        {
            // artifacts/bin, whether this program was started from artifacts/bin or artifacts/publish; a copy
            // of a program beside this one lacks its native libraries.
            string launcher = Path.Combine(folder.FullName, "bin", name);
            if (File.Exists(launcher)) return [launcher];
        }

        string? onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
        return onPath is null
            ? throw new TsDbException(ErrorKind.NotFound, $"{name} is not built: run 'make build'")
            : [onPath];
    }
}
