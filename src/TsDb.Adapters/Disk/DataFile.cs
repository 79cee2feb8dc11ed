using Microsoft.Win32.SafeHandles;
using TsDb.Storage.Ports;

namespace TsDb.Adapters.Disk;

/// <summary>An open file of a <see cref="DataDirectory"/>.</summary>
internal sealed class DataFile(DataDirectory directory, string path, SafeFileHandle handle) : IDiskFile
{
    private long _length = RandomAccess.GetLength(handle);

    public long BytesLength => _length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        directory.RequireQuota(path, bytes.Length);
        long before = _length;
        try
        {
            RandomAccess.Write(handle, bytes, before);
            _length = before + bytes.Length;
        }
        catch (IOException e)
        {
            _length = RandomAccess.GetLength(handle);
            if (Libc.IsDiskFull(e)) throw new DiskFullException($"{path}: the disk is full", e);
            throw;
        }
        finally
        {
            directory.Use(_length - before);
        }
    }

    public int ReadAt(long offset, Span<byte> destination) => RandomAccess.Read(handle, destination, offset);

    public void Truncate(long bytesLength)
    {
        RandomAccess.SetLength(handle, bytesLength);
        directory.Use(bytesLength - _length);
        _length = bytesLength;
    }

    public void Sync()
    {
        try
        {
            RandomAccess.FlushToDisk(handle);
        }
        catch (IOException e) when (Libc.IsDiskFull(e))
        {
            throw new DiskFullException($"{path}: the disk is full", e);
        }
    }

    public void Dispose() => handle.Dispose();
}
