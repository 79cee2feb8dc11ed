namespace TsDb.Storage.Ports;

/// <summary>An open file of an <see cref="IDisk"/>. Used by one thread at a time.</summary>
public interface IDiskFile : IDisposable
{
    /// <summary>Length in bytes, written but not yet synced bytes included.</summary>
    long BytesLength { get; }

    /// <summary>Adds bytes at the end. After an exception the file may end with any part of them.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Reads up to <paramref name="destination"/>'s length from an offset; 0 at the end.</summary>
    int ReadAt(long offset, Span<byte> destination);

    /// <summary>Cuts the file to a length.</summary>
    void Truncate(long bytesLength);

    /// <summary>Returns once all bytes appended so far would survive a loss of power.</summary>
    void Sync();
}
