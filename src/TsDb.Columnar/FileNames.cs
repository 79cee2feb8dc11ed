using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// Names of columns inside a file. Readers of Parquet compare names without case, and a reader of the folder
/// adds the column <c>edge</c> from the path: a name that is taken gets the suffix <c>_1</c>, <c>_2</c> and
/// so on.
/// </summary>
internal sealed class FileNames
{
    /// <summary>The name of the time column in every file.</summary>
    public const string Time = "time";

    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase) { Time, "edge" };

    /// <summary>The name of the next column, in file order.</summary>
    public string Take(Column column)
    {
        string name = column.Name;
        for (int suffix = 1; !_taken.Add(name); suffix++) name = $"{column.Name}_{suffix}";
        return name;
    }
}
