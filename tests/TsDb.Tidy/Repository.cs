using System.Diagnostics;
using Microsoft.CodeAnalysis.CSharp;

namespace TsDb.Tidy;

/// <summary>The tree under test: the files git tracks, plus new ones it does not ignore.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> Files { get; } = ListFiles();

    public static IEnumerable<string> CSharpFiles =>
        Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static CSharpSyntaxTree Tree(string file) =>
        (CSharpSyntaxTree)CSharpSyntaxTree.ParseText(
            Read(file), new CSharpParseOptions(LanguageVersion.CSharp14), file);

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "TsDb.sln")))
            folder = folder.Parent;
        return folder?.FullName
            ?? throw new InvalidOperationException("TsDb.sln is in no folder above the tests");
    }

    private static string[] ListFiles()
    {
        ProcessStartInfo start = new("git", ["ls-files", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
        };
        using Process git = Process.Start(start)!;
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(f => File.Exists(Path.Combine(Root, f)))];
    }
}
