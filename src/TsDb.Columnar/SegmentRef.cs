using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// A segment file as one input of a scan. Of two inputs of the same cell that hold the same key, the one with
/// the higher
/// <paramref name="Rank"/> is the newer.
/// </summary>
/// <param name="Path">Absolute path of the Parquet file, valid while the snapshot that names it is
/// held.</param>
/// <param name="BytesLength">Size of the file in bytes.</param>
/// <param name="Manifest">What the file says of itself.</param>
/// <param name="Rank">Order of newness inside the cell; meaningless between cells.</param>
public sealed record SegmentRef(string Path, long BytesLength, SegmentManifest Manifest, long Rank);
