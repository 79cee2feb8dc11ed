using System.CommandLine;
using System.Globalization;
using System.Text;
using TsDb.Adapters.Disk;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http.Backup;
using TsDb.Cli.Nodes;
using TsDb.Model;
using TsDb.Storage.Backup;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb backup</c>: a running node's data directory into a folder, what is new of it.</summary>
internal static class BackupCommand
{
    public static Command Create(CommonOptions common)
    {
        Option<string> to = new("--to")
        {
            Description = "The folder for the backup: a new one, or one with an earlier backup of the node",
            Required = true,
        };
        Command command = new(
            "backup",
            "Back up an edge or a cloud node (--url) while it runs: all that was acknowledged before. Files "
            + "that are in the folder already are not sent again. Back up every node of a cluster.") { to };
        command.Add(common.Url);
        command.SetAction((parsed, ct) =>
            BackUpAsync(parsed.GetRequiredValue(common.Url), parsed.GetRequiredValue(to), ct));
        return command;
    }

    private static async Task<int> BackUpAsync(string url, string to, CancellationToken ct)
    {
        using NodeClient node = new(url);
        string id = (await node.GetJsonAsync("/api/v1/status", ct))["id"]!.GetValue<string>();
        using DataDirectory disk = DataDirectory.Open(to);
        BackupFolder folder = BackupFolder.Open(disk);
        if (folder.Manifest is { } earlier && earlier.Id != id)
        {
            throw new TsDbException(
                ErrorKind.Conflict,
                $"{to} holds a backup of '{earlier.Id}', and {url} is '{id}': name another folder");
        }

        IReadOnlyDictionary<string, BackupFile> present = folder.Present();
        StringBuilder known = new();
        foreach (BackupFile file in present.Values) known.Append(BackupEndpoint.LineOf(file));
        HashSet<string> before = [.. present.Keys];
        using HttpRequestMessage request =
            new(HttpMethod.Post, BackupEndpoint.Path) { Content = new StringContent(known.ToString()) };
        using HttpResponseMessage response = await node.SendAsync(request, ct);
        await NodeClient.RequireSuccessAsync(response, ct);
        BackupManifest manifest;
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(ct);
            manifest = await node.WhileAliveAsync(
                token => BackupTransfer.ReceiveAsync(body, folder, token), ct);
        }
        catch (HttpIOException e)
        {
            throw new TsDbException(
                ErrorKind.Unavailable,
                $"the node ended the backup early ({e.Message}); its log says why. Try again: what has come "
                + "is not fetched again",
                e);
        }

        BackupFile[] fresh = [.. manifest.Files.Where(file => !before.Contains(file.Path))];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{to}: backup of '{id}' with {manifest.Files.Length} files, "
            + $"{ByteSizeText.Format(manifest.Bytes)}; {fresh.Length} files, "
            + $"{ByteSizeText.Format(fresh.Sum(file => file.Bytes))}, were new"));
        foreach (BackupGap gap in manifest.Gaps)
            await Console.Error.WriteLineAsync($"tsdb: not in the backup: {gap.Path}: {gap.Reason}");
        return manifest.Gaps.IsEmpty ? 0 : 1;
    }
}
