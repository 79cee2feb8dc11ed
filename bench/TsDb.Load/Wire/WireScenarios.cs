using System.IO.Compression;

namespace TsDb.Load.Wire;

/// <summary>The shapes that the project is measured by.</summary>
internal static class WireScenarios
{
    private const int LinesPerRequest = 5_000;

    /// <summary>The suite's cpu shape in bulk.</summary>
    public static WireScenario Cpu(int hosts, int hours) => new(
        "cpu, bulk",
        SuiteShapes.Requests(Lines(SuiteShapes.Cpu(hosts, hours * 360)), LinesPerRequest),
        ShipsEach: false,
        SuiteShapes.ValuesOf);

    /// <summary>The suite's iot shape in bulk.</summary>
    public static WireScenario Iot(int trucks, int hours) => new(
        "iot, bulk",
        SuiteShapes.Requests(Lines(SuiteShapes.Iot(trucks, hours * 360)), LinesPerRequest),
        ShipsEach: false,
        SuiteShapes.ValuesOf);

    /// <summary>A hundred series each ten seconds, shipped every so many seconds.</summary>
    public static WireScenario CpuEvery(int seconds, int shipments) => new(
        $"cpu, 100 series, every {seconds} s",
        SuiteShapes.Together(SuiteShapes.Cpu(100, (shipments + 1) * seconds / 10), seconds / 10),
        ShipsEach: true,
        SuiteShapes.ValuesOf) { Unmeasured = 1 };

    /// <summary>Fifty trucks, shipped every so many seconds.</summary>
    public static WireScenario IotEvery(int seconds, int shipments) => new(
        $"iot, 50 trucks, every {seconds} s",
        SuiteShapes.Together(SuiteShapes.Iot(50, (shipments + 1) * seconds / 10), seconds / 10),
        ShipsEach: true,
        SuiteShapes.ValuesOf) { Unmeasured = 1 };

    /// <summary>Real data from a file of gzipped line protocol: many days of a few hundred rows.</summary>
    public static WireScenario Real(string path, int linesMax = int.MaxValue) => new(
        "real data, days of a few hundred rows",
        SuiteShapes.Requests(LinesOf(path).Take(linesMax), LinesPerRequest),
        ShipsEach: false,
        SuiteShapes.ValuesOf);

    /// <summary>The real data's file in a folder called shared beside the checkout; null if there is
    /// none.</summary>
    public static string? RealFile()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder =
            folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", "nab.lp.gz");
            if (File.Exists(path)) return path;
        }

        return null;
    }

    private static IEnumerable<string> LinesOf(string path)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return line;
    }

    private static IEnumerable<string> Lines(IEnumerable<string> bodies) =>
        bodies.SelectMany(body => body.Split('\n', StringSplitOptions.RemoveEmptyEntries));
}
