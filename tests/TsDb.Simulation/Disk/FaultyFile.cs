using TsDb.Storage.Ports;

namespace TsDb.Simulation.Disk;

/// <summary>An open file of a <see cref="FaultyDisk"/>.</summary>
internal sealed class FaultyFile(FaultyDisk disk, string path, FaultyInode inode) : IDiskFile
{
    public long BytesLength => inode.Length;

    public void Append(ReadOnlySpan<byte> bytes) => disk.Append(path, inode, bytes.ToArray());

    public int ReadAt(long offset, Span<byte> destination) => disk.ReadAt(inode, offset, destination);

    public void Truncate(long bytesLength) => disk.Truncate(path, inode, bytesLength);

    public void Sync() => disk.Sync(path, inode);

    public void Dispose()
    {
    }
}
