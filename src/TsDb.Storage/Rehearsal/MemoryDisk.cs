using System.Collections.Concurrent;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Rehearsal;

/// <summary>A disk that forgets everything when it is let go: what a rehearsal writes to.</summary>
internal sealed class MemoryDisk : IDisk
{
    private readonly ConcurrentDictionary<string, MemoryFile> _files = new(StringComparer.Ordinal);

    public long FreeBytes => 1L << 40;

    public IDiskFile Create(string path) => _files.AddOrUpdate(
        path, _ => new MemoryFile(), (_, _) => throw new IOException($"{path}: the file exists"));

    public IDiskFile Open(string path, bool append = false) => _files.TryGetValue(path, out MemoryFile? file)
        ? file
        : throw new FileNotFoundException($"{path}: no such file", path);

    public bool Exists(string path) => _files.ContainsKey(path);

    public void Rename(string from, string to)
    {
        if (!_files.TryRemove(from, out MemoryFile? file))
            throw new FileNotFoundException($"{from}: no such file", from);
        _files[to] = file;
    }

    public void Delete(string path) => _files.TryRemove(path, out _);

    public void SyncDirectory(string path)
    {
        // Nothing outlives this disk, so nothing is made to last.
    }

    public IReadOnlyList<string> List(string path) =>
        [.. _files.Keys.Where(name => name.StartsWith(path + "/", StringComparison.Ordinal))];

    public string FullPath(string path) => path;

    private sealed class MemoryFile : IDiskFile
    {
        private readonly MemoryStream _bytes = new();

        public long BytesLength => _bytes.Length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            _bytes.Position = _bytes.Length;
            _bytes.Write(bytes);
        }

        public int ReadAt(long offset, Span<byte> destination)
        {
            _bytes.Position = Math.Min(offset, _bytes.Length);
            return _bytes.Read(destination);
        }

        public void Truncate(long bytesLength) => _bytes.SetLength(bytesLength);

        public void Sync()
        {
            // As for the directory.
        }

        public void Dispose()
        {
            // The file stays for the next who opens it.
        }
    }
}
