using System.Diagnostics;
using System.Globalization;

namespace TsDb.Integration.Fleets;

/// <summary>A file system of a few megabytes in memory, mounted in a folder: a disk that fills.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _ballast;

    private SmallDisk(string folder) => (Folder, _ballast) = (folder, Path.Combine(folder, "ballast"));

    public string Folder { get; }

    public long FreeBytes => new DriveInfo(Folder).AvailableFreeSpace;

    /// <summary>Mounts it; skips the test where this user may not.</summary>
    public static SmallDisk Mount(string folder, int mebibytes)
    {
        Directory.CreateDirectory(folder);
        if (!Environment.IsPrivilegedProcess) Assert.Skip("only root may mount a file system");
        string size = string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m");
        (int code, string said) = Run("mount", "-t", "tmpfs", "-o", size, "tsdb-test", folder);
        if (code != 0) Assert.Skip($"no file system can be mounted here: {said}");
        return new SmallDisk(folder);
    }

    /// <summary>Fills it with a stranger's file until so many bytes are left.</summary>
    public void Fill(long bytesLeft)
    {
        using FileStream file = new(_ballast, FileMode.Append);
        byte[] block = new byte[4_096];
        while (FreeBytes > bytesLeft + block.Length) file.Write(block);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Takes the stranger's file away.</summary>
    public void Relieve() => File.Delete(_ballast);

    public void Dispose()
    {
        (int code, string said) = Run("umount", Folder);
        Assert.True(code == 0, $"umount {Folder}: {said}");
    }

    private static (int Code, string Said) Run(string program, params string[] arguments)
    {
        using Process process =
            Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said.Trim());
    }
}
