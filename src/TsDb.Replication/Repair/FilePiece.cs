using TsDb.Model;

namespace TsDb.Replication.Repair;

/// <summary>Bytes of the file that stands for a leaf at a node.</summary>
/// <param name="Bytes">The bytes from the offset on; empty at the end of the file.</param>
/// <param name="Run">
/// Which file it is, and all its leaves, where the leaf was merged with others; null for the leaf's own file.
/// </param>
public readonly record struct FilePiece(ReadOnlyMemory<byte> Bytes, LeafRun? Run = null);
