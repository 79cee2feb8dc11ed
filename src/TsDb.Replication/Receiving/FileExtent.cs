using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>How much a file holds.</summary>
/// <param name="BytesLength">Size of the file in bytes.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="SeriesCount">Number of distinct tag sets.</param>
/// <param name="Range">Times of the rows.</param>
public readonly record struct FileExtent(long BytesLength, long Rows, long SeriesCount, TimeRange Range);
