using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using TsDb.Adapters.Disk;
using TsDb.Adapters.Hosting;
using TsDb.Cli.Output;
using TsDb.Model;
using TsDb.Storage.Wal;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb wal</c>: looks into the write-ahead log of an edge that does not run, and saves what a
/// damaged one still holds.</summary>
internal static class WalCommand
{
    public static Command Create()
    {
        Argument<string> directory = new("dir") { Description = "The data directory of an edge (--data)" };
        Command inspect = new("inspect", "Show what each file of the log holds and where it is damaged.")
        {
            directory,
        };
        inspect.SetAction(parsed => With(parsed.GetRequiredValue(directory), Inspect));
        Command salvage = new(
            "salvage",
            "Write every whole commit of a damaged log to new files and set the old ones aside (.damaged); "
                + "the edge then starts again. A commit is kept with all its requests or not at all.")
        {
            directory,
        };
        salvage.SetAction(parsed => With(parsed.GetRequiredValue(directory), Salvage));
        return new Command("wal", "Look into an edge's write-ahead log, and save a damaged one.")
        {
            inspect, salvage,
        };
    }

    private static int With(string directory, Func<LogSalvage, int> act)
    {
        if (!Directory.Exists(Path.Combine(directory, "wal")))
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"{directory} has no folder 'wal': name the data directory of an edge");
        }

        using DataDirectory disk = DataDirectory.Open(directory);
        return act(new LogSalvage(disk, () => new Guid(RandomNumberGenerator.GetBytes(16))));
    }

    private static int Inspect(LogSalvage log)
    {
        TextTable files = new("file", "size", "commits", "first", "last", "damage");
        bool isDamaged = false;
        foreach (LogFileSurvey file in log.Inspect())
        {
            isDamaged |= file.Damages.Any(damage => !damage.IsTail);
            files.Add(
                file.Path,
                ByteSizeText.Format(file.BytesLength),
                Text(file.Commits),
                Text(file.First.Value),
                Text(file.Last.Value),
                string.Join(", ", file.Damages.Select(Describe)));
        }

        files.Print(Console.Out);
        if (!isDamaged) return 0;
        Console.Error.WriteLine("The log is damaged: 'tsdb wal salvage' keeps its whole commits.");
        return 1;
    }

    private static int Salvage(LogSalvage log)
    {
        SalvageReport report = log.Run();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{report.Commits} commits with {report.Rows} points are kept"));
        foreach (string loss in report.Losses) Console.WriteLine($"lost: {loss}");
        foreach (string path in report.SetAside) Console.WriteLine($"set aside: {path}");
        return 0;
    }

    private static string Describe(LogDamage damage) => string.Create(
        CultureInfo.InvariantCulture,
        $"{damage.BytesLength} bytes at {damage.Offset}{(damage.IsTail ? " (torn end)" : "")}");

    private static string Text<T>(T number)
        where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
