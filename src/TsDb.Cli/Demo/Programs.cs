using TsDb.Model;

namespace TsDb.Cli.Demo;

/// <summary>Finds the other programs of this build.</summary>
internal static class Programs
{
    /// <summary>The words that start a program: it lies in <c>artifacts/bin</c> beside this one, or on the
    /// path.</summary>
    public static IReadOnlyList<string> Find(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder
            is not null; folder = folder.Parent)
        {
            string launcher = Path.Combine(folder.FullName, name);
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
