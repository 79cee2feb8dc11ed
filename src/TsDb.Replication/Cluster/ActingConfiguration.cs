using System.Globalization;
using System.Text;
using TsDb.Model;
using TsDb.Storage.Backup;
using TsDb.Storage.Ports;

namespace TsDb.Replication.Cluster;

/// <summary>
/// The configuration that a node acts by, whose epoch is in its data directory. The log of the configuration
/// is told anew after a restart, for a while without its last entries, but others rest on what the node knew:
/// whoever takes a shard over compares with its owners once these know of the move, and goes by that nothing
/// becomes durable at them alone from then on. So until it knows as much again a node takes no part.
/// </summary>
public sealed class ActingConfiguration
{
    private const string Path = "raft/epoch";

    private readonly IDisk _disk;
    private readonly Lock _gate = new();
    private long _epoch;
    private ClusterConfiguration? _current;

    private ActingConfiguration(IDisk disk, long epoch) => (_disk, _epoch) = (disk, epoch);

    /// <summary>
    /// Reads the epoch, if there is one. Throws <see cref="ErrorKind.Corrupt"/> for anything but a number.
    /// </summary>
    public static ActingConfiguration Open(IDisk disk)
    {
        if (FileBytes.ReadAll(disk, Path) is not { } bytes) return new ActingConfiguration(disk, 0);
        return long.TryParse(
            Encoding.ASCII.GetString(bytes).TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture,
            out long epoch)
            ? new ActingConfiguration(disk, epoch)
            : throw new TsDbException(
                ErrorKind.Corrupt,
                $"{disk.FullPath(Path)} is damaged at offset 0: remove it while the other nodes are up: they "
                + "tell this one the newest epoch when it starts");
    }

    /// <summary>The configuration; null until one is known that is as new as the last one before the
    /// restart.</summary>
    public ClusterConfiguration? Current => Volatile.Read(ref _current);

    /// <summary>
    /// Goes on by what is known now; false if that is nothing new, or older than what the node acted by
    /// before. Its epoch is on disk when this returns. Throws <see cref="IOException"/> if the disk fails:
    /// then the node goes on by the one before.
    /// </summary>
    public bool TryTake(ClusterConfiguration known)
    {
        lock (_gate)
        {
            if (ReferenceEquals(known, _current) || known.Epoch.Value < _epoch) return false;
            if (known.Epoch.Value > _epoch)
            {
                FileBytes.Replace(
                    _disk, Path,
                    Encoding.ASCII.GetBytes(known.Epoch.Value.ToString(CultureInfo.InvariantCulture) + "\n"));
                _epoch = known.Epoch.Value;
            }

            Volatile.Write(ref _current, known);
            return true;
        }
    }
}
