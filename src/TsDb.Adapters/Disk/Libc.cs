using System.Runtime.InteropServices;

namespace TsDb.Adapters.Disk;

/// <summary>The calls that .NET does not offer: fsync of a directory.</summary>
internal static partial class Libc
{
    private const int ReadOnly = 0;
    private const int NoSpace = 28;      // ENOSPC, the same on every Linux
    private const int QuotaExceeded = 122;   // EDQUOT

    /// <summary>On Unix an IOException carries the plain errno.</summary>
    public static bool IsDiskFull(IOException e) => e.HResult is NoSpace or QuotaExceeded;

    /// <summary>
    /// Makes the names in a directory survive a loss of power. Windows keeps them by itself.
    /// </summary>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        int handle = Open(path, ReadOnly);
        if (handle < 0) throw Failed("open", path);
        try
        {
            if (Sync(handle) != 0) throw Failed("fsync", path);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static IOException Failed(string call, string path)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new IOException($"{call} of {path}: {Marshal.GetPInvokeErrorMessage(errno)}", errno);
    }

    [LibraryImport(
        "libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
