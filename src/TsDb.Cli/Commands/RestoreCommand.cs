using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using TsDb.Adapters.Disk;
using TsDb.Adapters.Hosting;
using TsDb.Model;
using TsDb.Storage.Backup;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb restore</c>: a data directory from a backup; no node needs to run.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        Option<string> from = new("--from")
        {
            Description = "The folder that 'tsdb backup' filled",
            Required = true,
        };
        Option<string?> to = new("--to")
        {
            Description = "The new data directory (the node's --data); without it the backup is checked",
        };
        Command command = new(
            "restore",
            "Make a node's data directory of a backup, every file checked against its hash. The directory "
            + "must be new or empty.") { from, to };
        command.SetAction(parsed => parsed.GetValue(to) is { } target
            ? Restore(parsed.GetRequiredValue(from), target)
            : Check(parsed.GetRequiredValue(from)));
        return command;
    }

    private static int Restore(string from, string to)
    {
        using DataDirectory source = Open(from);
        Restoration.Require(source);
        using DataDirectory target = DataDirectory.Open(to);
        BackupManifest manifest = Restoration.Run(source, target, NewId);
        Console.WriteLine($"{to}: {Describe(manifest)}");
        Console.WriteLine(manifest.Kind == BackupKind.Edge
            ? "Start it with its old --uplink. It is a new incarnation: what it cuts from now on is newer "
                + "than all that was shipped under the old one."
            : "Where other nodes of its cluster live, start it with their --seeds: it fetches what it lacks. "
                + "Where none does, restore them all, and start each with --seeds that name all of them.");
        foreach (BackupGap gap in manifest.Gaps)
            Console.Error.WriteLine($"tsdb: was not in the backup: {gap.Path}: {gap.Reason}");
        return 0;
    }

    private static int Check(string from)
    {
        using DataDirectory source = Open(from);
        BackupManifest manifest = Restoration.Require(source);
        BackupGap[] damages = [.. Restoration.Damages(source, manifest)];
        foreach (BackupGap damage in damages)
            Console.Error.WriteLine($"tsdb: damaged: {damage.Path}: {damage.Reason}");
        Console.WriteLine($"{from}: {Describe(manifest)}: {(damages.Length == 0 ? "whole" : "damaged")}");
        return damages.Length == 0 ? 0 : 1;
    }

    // A look does not make a folder.
    private static DataDirectory Open(string from) => Directory.Exists(from)
        ? DataDirectory.Open(from)
        : throw new TsDbException(ErrorKind.Invalid, $"{from} is no folder");

    private static string Describe(BackupManifest manifest) => string.Create(
        CultureInfo.InvariantCulture,
        $"'{manifest.Id}' as of {manifest.TakenAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, {manifest.Files.Length} "
        + $"files, {ByteSizeText.Format(manifest.Bytes)}");

    private static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));
}
