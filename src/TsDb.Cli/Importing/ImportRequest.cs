using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>What the user wants to become of a file.</summary>
/// <param name="Table">The table to write to.</param>
/// <param name="Time">The name of the column with the time.</param>
/// <param name="Tags">The names of the tags; null for those of the table and every other text
/// column.</param>
/// <param name="Types">Types of fields by name, stronger than what file and values say.</param>
internal sealed record ImportRequest(
    string Table,
    string Time,
    IReadOnlyCollection<string>? Tags,
    IReadOnlyDictionary<string, FieldType> Types)
{
    /// <summary>What the table has already: stronger than what file and values say.</summary>
    public IReadOnlyDictionary<string, (ColumnRole Role, FieldType Type)> Known { get; init; } =
        new Dictionary<string, (ColumnRole, FieldType)>();
}
