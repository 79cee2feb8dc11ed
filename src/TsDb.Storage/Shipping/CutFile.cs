using TsDb.Model;

namespace TsDb.Storage.Shipping;

/// <summary>A file made for a cut.</summary>
/// <param name="Name">Path of the file from the data directory.</param>
/// <param name="BytesLength">Its size in bytes.</param>
/// <param name="Hash">SHA-256 of its bytes.</param>
/// <param name="Manifest">What it says of itself.</param>
public sealed record CutFile(string Name, long BytesLength, ContentHash Hash, SegmentManifest Manifest);
