using System.Globalization;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Commit;

/// <summary>
/// The bound on disk: writes stop while there is less free than the next seal may need and a reserve, so that
/// sealing can always make room by cutting the log.
/// </summary>
internal sealed class DiskRoom(IDisk disk, long reserveBytes)
{
    /// <summary>
    /// Bytes that are missing for a commit of <paramref name="commitBytes"/>; 0 if there is room.
    /// </summary>
    /// <param name="commitBytes">Bytes that the log would grow by.</param>
    /// <param name="sealBytes">The most that sealing the hot rows can write: their size in memory.</param>
    public long ShortBytes(long commitBytes, long sealBytes) =>
        Math.Max(0, reserveBytes + commitBytes + sealBytes - disk.FreeBytes);

    /// <summary>What the operator reads.</summary>
    public static string Reason(long shortBytes) => string.Create(
        CultureInfo.InvariantCulture,
        $"the disk is full ({shortBytes} bytes short of the reserve): free some space, or raise the limit");
}
