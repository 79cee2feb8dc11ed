using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>A column of a segment file as it lies there.</summary>
/// <param name="Logical">What it is to the data model.</param>
/// <param name="NameInFile">Its name in the file.</param>
/// <param name="Storage">Parquet's physical type with its annotation.</param>
/// <param name="Encodings">The encodings of its row groups, each once.</param>
/// <param name="BytesLength">Bytes of its chunks, headers included.</param>
/// <param name="ValuesCount">Rows that have a value.</param>
public sealed record SegmentColumn(
    Column Logical, string NameInFile, string Storage, string Encodings, long BytesLength, long ValuesCount);
