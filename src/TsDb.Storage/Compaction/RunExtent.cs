using TsDb.Model;

namespace TsDb.Storage.Compaction;

/// <summary>A file that stands for a run of ordinals of one (cell, incarnation).</summary>
/// <param name="Ordinals">The run.</param>
/// <param name="BytesLength">Size of the file in bytes.</param>
/// <param name="Rows">Its rows.</param>
public readonly record struct RunExtent(OrdinalRange Ordinals, long BytesLength, long Rows);
