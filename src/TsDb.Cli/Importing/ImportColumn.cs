using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>What becomes of a column of the file.</summary>
/// <param name="Index">Its place in a row.</param>
/// <param name="Name">Its name, in the file as in the table.</param>
/// <param name="Role">Time, tag or field.</param>
/// <param name="Type">The type of a field; text otherwise.</param>
internal sealed record ImportColumn(int Index, string Name, ColumnRole Role, FieldType Type);
