using System.Text;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Shipping;

/// <summary>
/// The cluster that this edge ships to, remembered in its data directory: it never ships to another.
/// </summary>
public static class ClusterPin
{
    internal const string Name = "cluster-id";
    private const string NameNew = "cluster-id.new";
    private const int HexLength = 32;

    /// <summary>
    /// The cluster, or null before the first contact. Throws <see cref="ErrorKind.Corrupt"/> for anything
    /// else.
    /// </summary>
    public static ClusterId? Read(IDisk disk)
    {
        if (!disk.Exists(Name)) return null;
        using IDiskFile file = disk.Open(Name);
        byte[] bytes = new byte[HexLength + 1];
        int length = file.ReadAt(0, bytes);
        return Guid.TryParseExact(Encoding.ASCII.GetString(bytes, 0, length).TrimEnd('\n'), "N", out Guid id)
            ? new ClusterId(id)
            : throw new TsDbException(
                ErrorKind.Corrupt,
                $"{disk.FullPath(Name)} is damaged at offset 0: remove it to join the next cluster heard");
    }

    /// <summary>Remembers the cluster; returns once it would survive a crash.</summary>
    public static void Write(IDisk disk, ClusterId cluster)
    {
        disk.Delete(NameNew);
        using (IDiskFile file = disk.Create(NameNew))
        {
            file.Append(Encoding.ASCII.GetBytes(cluster + "\n"));
            file.Sync();
        }

        disk.Rename(NameNew, Name);
        disk.SyncDirectory("");
    }
}
