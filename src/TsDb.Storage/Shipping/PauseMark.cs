using TsDb.Storage.Ports;

namespace TsDb.Storage.Shipping;

/// <summary>
/// Whether the operator has paused shipping, remembered in the data directory by a file that is there or not.
/// </summary>
public static class PauseMark
{
    internal const string Name = "ship-paused";

    /// <summary>True if shipping is paused.</summary>
    public static bool Read(IDisk disk) => disk.Exists(Name);

    /// <summary>Remembers it; returns once it would survive a crash.</summary>
    public static void Write(IDisk disk, bool isPaused)
    {
        if (isPaused == disk.Exists(Name)) return;
        if (isPaused) disk.Create(Name).Dispose();
        else disk.Delete(Name);
        disk.SyncDirectory("");
    }
}
