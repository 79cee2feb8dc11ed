using TsDb.Columnar.Parquet;

namespace TsDb.Columnar.Transfer;

/// <summary>One tag of rows that were taken apart.</summary>
/// <param name="Name">Logical name.</param>
/// <param name="Places">By series: 0 for an absent value, else its place in <paramref name="Texts"/> +
/// 1.</param>
/// <param name="Texts">The distinct values, those of the reference first.</param>
internal sealed record LooseTag(string Name, int[] Places, TextDictionary Texts);
