using System.Collections.Concurrent;
using System.Reflection;
using Xunit.v3;

[assembly: TsDb.Integration.Fleets.TestFolders]

namespace TsDb.Integration.Fleets;

/// <summary>
/// Folders of tests go once the test has passed; those of one that failed stay, with their logs. How a test
/// ended is known only after everything that it holds was disposed.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class TestFoldersAttribute : BeforeAfterTestAttribute
{
    private static readonly ConcurrentDictionary<string, ConcurrentBag<DirectoryInfo>> Left = new();

    /// <summary>Hands over a folder that nobody writes to any more.</summary>
    internal static void Leave(DirectoryInfo folder)
    {
        if (TestContext.Current.Test is { } test) Left.GetOrAdd(test.UniqueID, _ => []).Add(folder);
        else folder.Delete(recursive: true);
    }

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (!Left.TryRemove(test.UniqueID, out ConcurrentBag<DirectoryInfo>? folders)) return;
        bool hasFailed = TestContext.Current.TestState?.Result == TestResult.Failed;
        foreach (DirectoryInfo folder in folders)
        {
            if (hasFailed) Console.Error.WriteLine($"logs of {test.TestDisplayName}: {folder.FullName}");
            else folder.Delete(recursive: true);
        }
    }
}
