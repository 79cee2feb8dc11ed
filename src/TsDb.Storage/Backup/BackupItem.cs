namespace TsDb.Storage.Backup;

/// <summary>One file of a <see cref="BackupImage"/>.</summary>
/// <param name="Path">Path below the data directory.</param>
/// <param name="BytesLength">Its size in bytes.</param>
public sealed record BackupItem(string Path, long BytesLength)
{
    /// <summary>Its bytes; null if they lie on the node's disk under <see cref="Path"/>.</summary>
    public ReadOnlyMemory<byte>? Content { get; init; }

    /// <summary>The SHA-256 that its bytes must have; null if the node does not keep it.</summary>
    public string? Sha256 { get; init; }

    /// <summary>A file that is told by its bytes.</summary>
    public static BackupItem Of(string path, ReadOnlyMemory<byte> content) =>
        new(path, content.Length) { Content = content };
}
