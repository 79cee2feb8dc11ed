using System.Globalization;
using System.Text;
using TsDb.Adapters.Hosting;
using TsDb.Cli.Demo;
using TsDb.Cli.Output;

namespace TsDb.Load;

/// <summary>
/// An edge that stands alone and, where they are installed, the servers whose protocols it speaks: the same
/// requests, the same connections, one after the other. Then a million series.
/// </summary>
internal static class Comparison
{
    private const int SeriesCount = 1_000_000;
    private const long SeriesTimeSeconds = 1_451_606_400; // 2016-01-01

    /// <summary>Adds the figures to the table.</summary>
    public static async Task RunAsync(CpuShape shape, TextTable table)
    {
        ServerFigures edge = await ShapeAsync(LoadServer.Edge, shape, table, null)
            ?? throw new InvalidOperationException("the edge is part of this build");
        await ShapeAsync(LoadServer.VictoriaMetrics, shape, table, edge);
        await ShapeAsync(
            (folder, port) => LoadServer.Influx(folder, port, FreePorts.Next()), shape, table, edge);
        await SeriesAsync(table);
    }

    /// <summary>The edge alone, printed.</summary>
    public static Task EdgeAsync(CpuShape shape) =>
        ShapeAsync(LoadServer.Edge, shape, new TextTable("figure", "value"), null);

    private static async Task<ServerFigures?> ShapeAsync(
        Func<DirectoryInfo, int, LoadServer?> of, CpuShape shape, TextTable table, ServerFigures? edge)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-load-");
        try
        {
            if (of(folder, FreePorts.Next()) is not { } server)
            {
                Console.WriteLine(
                    "  a rival is not installed: no ratio to it (packages influxdb, victoria-metrics)");
                return null;
            }

            ServerFigures figures = await ServerRun.MeasureAsync(
                server, folder, shape.Requests(ServerRun.LinesPerRequest), shape.Rows);
            string name = server.Name;
            Add(table, $"{name}: rows per second of server CPU",
                figures.RowsPerCpuSecond.ToString("N0", Culture));
            Add(table, $"{name}: rows per second, wall", figures.RowsPerSecond.ToString("N0", Culture));
            Add(table, $"{name}: median and p99 of a request, ms", string.Create(
                Culture, $"{figures.MedianMilliseconds:0.0} {figures.P99Milliseconds:0.0}"));
            Add(table, $"{name}: peak memory", ByteSizeText.Format(figures.PeakBytes));
            if (edge is not null)
                Add(table, $"{name}: the edge takes so many times the rows", (edge.RowsPerCpuSecond
                    / figures.RowsPerCpuSecond).ToString("0.0", Culture));
            return figures;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task SeriesAsync(TextTable table)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-load-");
        try
        {
            ServerFigures figures = await ServerRun.MeasureAsync(
                LoadServer.Edge(folder, FreePorts.Next()), folder, SeriesRequests(), SeriesCount);
            Add(table, "a million series: rows per second of server CPU",
                figures.RowsPerCpuSecond.ToString("N0", Culture));
            Add(table, "a million series: bytes of memory per series",
                ((figures.PeakBytes - figures.StartBytes) / (double)SeriesCount).ToString("0", Culture));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<byte[]> SeriesRequests()
    {
        for (int first = 0; first < SeriesCount; first += ServerRun.LinesPerRequest)
        {
            StringBuilder lines = new();
            for (int series = first; series < first + ServerRun.LinesPerRequest; series++)
            {
                lines.Append(Culture, $"meter,site=s{series / 1_000},device=d{series} value={series % 97}i ");
                lines.Append(Culture, $"{SeriesTimeSeconds}000000000\n");
            }

            yield return Encoding.ASCII.GetBytes(lines.ToString());
        }
    }

    private static CultureInfo Culture => CultureInfo.InvariantCulture;

    private static void Add(TextTable table, string figure, string value)
    {
        table.Add(figure, value);
        Console.WriteLine($"  {figure}: {value}");
    }
}
