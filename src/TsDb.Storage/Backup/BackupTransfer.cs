using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Backup;

/// <summary>
/// A backup on its way from a node to a folder. Part after part: length of the name as int32 little-endian,
/// the name (UTF-8), then pieces, each its length as int32 and its bytes; length 0 ends the part, -1 says
/// that the node could not read on. The last part is the manifest; without it the backup has not come whole.
/// </summary>
public static class BackupTransfer
{
    private const int PieceBytes = 1 << 18;
    private const int ManifestBytesMax = 1 << 30;
    private const int NameBytesMax = 4_096;
    private const int Abandoned = -1;

    /// <summary>
    /// Sends what <paramref name="known"/>, files by path that are at the other end, does not have. What
    /// cannot be read, or has other bytes than it was made with, is named as a gap.
    /// </summary>
    public static async Task<BackupManifest> SendAsync(
        BackupImage image,
        IReadOnlyDictionary<string, BackupFile> known,
        Stream to,
        TimeProvider clock,
        CancellationToken ct)
    {
        List<BackupFile> files = [];
        List<BackupGap> gaps = [.. image.Gaps];
        foreach (BackupItem item in image.Items)
        {
            if (known.TryGetValue(item.Path, out BackupFile? there) && there.Bytes == item.BytesLength
                && (item.Sha256 ?? there.Sha256) == there.Sha256)
            {
                files.Add(there);
                continue;
            }

            try
            {
                files.Add(await SendAsync(image, item, to, ct));
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException
                or TsDbException { Kind: ErrorKind.Corrupt })
            {
                gaps.Add(new BackupGap(item.Path, e.Message));
            }
        }

        BackupManifest manifest = new()
        {
            Kind = image.Kind,
            Id = image.Id,
            TakenAt = clock.GetUtcNow(),
            Files = [.. files],
            Gaps = [.. gaps],
        };
        await BeginAsync(to, BackupManifest.FileName, ct);
        foreach (byte[] piece in manifest.Encode().Chunk(PieceBytes)) await PieceAsync(to, piece, ct);
        await NumberAsync(to, 0, ct);
        return manifest;
    }

    /// <summary>
    /// Takes a backup into a folder and makes it the folder's backup. Throws
    /// <see cref="ErrorKind.Unavailable"/> if it ends early, <see cref="ErrorKind.Corrupt"/> if something
    /// came other than it was sent; then the folder's backup is what it was.
    /// </summary>
    public static async Task<BackupManifest> ReceiveAsync(
        Stream from, BackupFolder folder, CancellationToken ct)
    {
        byte[] buffer = new byte[PieceBytes];
        try
        {
            while (true)
            {
                string path = await NameAsync(from, ct);
                if (path == BackupManifest.FileName)
                {
                    using MemoryStream bytes = new();
                    await PiecesAsync(from, buffer, piece => Take(bytes, piece), ct);
                    BackupManifest manifest =
                        BackupManifest.Decode(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), path);
                    folder.Finish(manifest);
                    return manifest;
                }

                using IncomingFile file = folder.Take(path);
                if (await PiecesAsync(from, buffer, file.Append, ct)) file.Keep();
            }
        }
        catch (EndOfStreamException e)
        {
            throw new TsDbException(
                ErrorKind.Unavailable, "the node ended the backup early; its log says why. Try again: what "
                + "has come is not fetched again", e);
        }
    }

    private static async Task<BackupFile> SendAsync(
        BackupImage image, BackupItem item, Stream to, CancellationToken ct)
    {
        using IDiskFile? file = item.Content is null ? image.Disk.Open(item.Path) : null;
        if (file is not null && file.BytesLength != item.BytesLength)
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"it has {file.BytesLength} bytes instead of {item.BytesLength}");
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await BeginAsync(to, item.Path, ct);
        byte[] buffer = new byte[(int)Math.Clamp(item.BytesLength, 1, PieceBytes)];
        for (long at = 0; at < item.BytesLength;)
        {
            int length = (int)Math.Min(buffer.Length, item.BytesLength - at);
            int read;
            try
            {
                read = Read(item, file, at, buffer.AsSpan(0, length));
            }
            catch (IOException e)
            {
                await NumberAsync(to, Abandoned, ct);
                throw new TsDbException(ErrorKind.Corrupt, $"it cannot be read at {at}: {e.Message}", e);
            }

            hash.AppendData(buffer.AsSpan(0, read));
            await PieceAsync(to, buffer.AsMemory(0, read), ct);
            at += read;
        }

        string found = Convert.ToHexStringLower(hash.GetHashAndReset());
        bool isWhole = (item.Sha256 ?? found) == found;
        await NumberAsync(to, isWhole ? 0 : Abandoned, ct);
        return isWhole
            ? new BackupFile(item.Path, item.BytesLength, found)
            : throw new TsDbException(
                ErrorKind.Corrupt, $"its SHA-256 is {found} instead of {item.Sha256}: its bytes are damaged");
    }

    private static int Read(BackupItem item, IDiskFile? file, long at, Span<byte> into)
    {
        if (item.Content is { } content)
        {
            content.Span.Slice((int)at, into.Length).CopyTo(into);
            return into.Length;
        }

        int read = file!.ReadAt(at, into);
        return read > 0 ? read : throw new EndOfStreamException("the file has become shorter");
    }

    private static async Task BeginAsync(Stream to, string name, CancellationToken ct)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        await NumberAsync(to, bytes.Length, ct);
        await to.WriteAsync(bytes, ct);
    }

    private static async Task PieceAsync(Stream to, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        await NumberAsync(to, bytes.Length, ct);
        await to.WriteAsync(bytes, ct);
    }

    private static async Task NumberAsync(Stream to, int number, CancellationToken ct)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        await to.WriteAsync(bytes, ct);
    }

    private static async Task<int> NumberAsync(Stream from, CancellationToken ct)
    {
        byte[] bytes = new byte[sizeof(int)];
        await from.ReadExactlyAsync(bytes, ct);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    private static async Task<string> NameAsync(Stream from, CancellationToken ct)
    {
        int length = await NumberAsync(from, ct);
        if (length is <= 0 or > NameBytesMax)
            throw new TsDbException(ErrorKind.Corrupt, $"a name of {length} bytes is no part of a backup");
        byte[] bytes = new byte[length];
        await from.ReadExactlyAsync(bytes, ct);
        return Encoding.UTF8.GetString(bytes);
    }

    // False if the part was abandoned.
    private static async Task<bool> PiecesAsync(
        Stream from, byte[] buffer, Action<ReadOnlyMemory<byte>> take, CancellationToken ct)
    {
        while (true)
        {
            int length = await NumberAsync(from, ct);
            if (length is 0 or Abandoned) return length == 0;
            if (length is < 0 or > PieceBytes)
            {
                throw new TsDbException(
                    ErrorKind.Corrupt, $"a piece of {length} bytes is no part of a backup");
            }

            await from.ReadExactlyAsync(buffer.AsMemory(0, length), ct);
            take(buffer.AsMemory(0, length));
        }
    }

    private static void Take(MemoryStream bytes, ReadOnlyMemory<byte> piece)
    {
        if (bytes.Length + piece.Length > ManifestBytesMax)
            throw new TsDbException(ErrorKind.TooLarge, "the list of files is longer than 1 GiB");
        bytes.Write(piece.Span);
    }
}
