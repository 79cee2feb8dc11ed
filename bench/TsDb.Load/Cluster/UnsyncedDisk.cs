using TsDb.Storage.Ports;

namespace TsDb.Load.Cluster;

/// <summary>
/// A disk that leaves it to the operating system when bytes get to it: a hundred thousand segments are made
/// in a minute so, and nobody pulls the plug of a benchmark.
/// </summary>
internal sealed class UnsyncedDisk(IDisk disk) : IDisk
{
    public long FreeBytes => disk.FreeBytes;

    public IDiskFile Create(string path) => new UnsyncedFile(disk.Create(path));

    public IDiskFile Open(string path, bool append = false) => new UnsyncedFile(disk.Open(path, append));

    public long LengthOf(string path) => disk.LengthOf(path);

    public bool Exists(string path) => disk.Exists(path);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string path) => disk.Delete(path);

    public void SyncFiles(IReadOnlyCollection<IDiskFile> files)
    {
    }

    public void SyncDirectories(IReadOnlyCollection<string> paths)
    {
    }

    public void SyncDirectory(string path)
    {
    }

    public IReadOnlyList<string> List(string path) => disk.List(path);

    public string FullPath(string path) => disk.FullPath(path);

    private sealed class UnsyncedFile(IDiskFile file) : IDiskFile
    {
        public long BytesLength => file.BytesLength;

        public void Append(ReadOnlySpan<byte> bytes) => file.Append(bytes);

        public int ReadAt(long offset, Span<byte> destination) => file.ReadAt(offset, destination);

        public void Truncate(long bytesLength) => file.Truncate(bytesLength);

        public void Sync()
        {
        }

        public void Dispose() => file.Dispose();
    }
}
