using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>What the user wants to become of a file.</summary>
/// <param name="Table">The table to write to.</param>
/// <param name="Time">The name of the column with the time.</param>
/// <param name="Tags">The names of the tags; null for every text column.</param>
/// <param name="Types">Types of fields by name, stronger than what file and values say.</param>
internal sealed record ImportRequest(
    string Table,
    string Time,
    IReadOnlyCollection<string>? Tags,
    IReadOnlyDictionary<string, FieldType> Types);
