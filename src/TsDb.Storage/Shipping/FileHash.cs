using System.Security.Cryptography;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Shipping;

/// <summary>SHA-256 of a file, read piece by piece.</summary>
internal static class FileHash
{
    private const int PieceBytes = 1 << 18;

    public static ContentHash Of(IDisk disk, string name)
    {
        using IDiskFile file = disk.Open(name);
        using IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[(int)Math.Clamp(file.BytesLength, 1, PieceBytes)];
        long offset = 0;
        for (int read; (read = file.ReadAt(offset, piece)) > 0; offset += read)
            sha.AppendData(piece.AsSpan(0, read));
        Span<byte> hash = stackalloc byte[ContentHash.BytesLength];
        sha.GetHashAndReset(hash);
        return new ContentHash(hash);
    }
}
