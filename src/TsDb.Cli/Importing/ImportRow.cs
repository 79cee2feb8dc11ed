namespace TsDb.Cli.Importing;

/// <summary>One row of a file.</summary>
/// <param name="Number">Where it is: its first line in a CSV file, its number in a Parquet file, from
/// 1.</param>
/// <param name="Cells">Its values as text, in the order of the columns; null where there is none.</param>
/// <param name="Fault">Why it cannot be read; null if it can.</param>
internal readonly record struct ImportRow(long Number, string?[] Cells, string? Fault);
