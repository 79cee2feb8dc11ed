using TsDb.Codec.LineProtocol;
using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>Decides what becomes of each column.</summary>
internal static class ImportPlan
{
    private const string EdgeColumn = "edge";

    /// <summary>The column with the time. Throws <see cref="ErrorKind.Invalid"/> if there is none.</summary>
    public static int TimeColumn(ImportFile file, ImportRequest request)
    {
        int index = file.Columns.ToList().IndexOf(request.Time);
        return index >= 0
            ? index
            : throw new TsDbException(
                ErrorKind.Invalid,
                $"the file has no column '{request.Time}' for the time: name it with --time. "
                + $"Columns: {string.Join(", ", file.Columns)}");
    }

    /// <summary>
    /// The columns to write, tags first. Reads the file once if only its values can tell the types; <paramref
    /// name="onRow"/> is called for each row then. The <c>edge</c> column of an export is left out, as the
    /// edge that takes the points gives its own. Throws <see cref="ErrorKind.Invalid"/> for what cannot be.
    /// </summary>
    public static IReadOnlyList<ImportColumn> Columns(ImportFile file, ImportRequest request, Action onRow)
    {
        int time = TimeColumn(file, request);
        RequireKnown(file, request);
        List<ImportColumn> columns = [];
        ColumnGuess?[] guesses = new ColumnGuess?[file.Columns.Count];
        for (int i = 0; i < guesses.Length; i++)
        {
            string name = file.Columns[i];
            bool isTag = request.Tags?.Contains(name) == true;
            if (i == time || (name == EdgeColumn && !isTag)) continue;
            if (isTag) columns.Add(new ImportColumn(i, name, ColumnRole.Tag, FieldType.String));
            else if (request.Types.TryGetValue(name, out FieldType given))
                columns.Add(new ImportColumn(i, name, ColumnRole.Field, given));
            else if (request.Known.TryGetValue(name, out (ColumnRole Role, FieldType Type) there)
                && (request.Tags is null || there.Role == ColumnRole.Field))
                columns.Add(new ImportColumn(i, name, there.Role, there.Type));
            else if (file.TypeOf(i) is { } known) columns.Add(ByType(i, name, known, request));
            else guesses[i] = new ColumnGuess(name);
        }

        columns.AddRange(Guessed(file, time, guesses, request, onRow));
        if (columns.All(column => column.Role == ColumnRole.Tag))
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                "no column is left for a field, as every one that holds text is a tag: "
                + "name the tags with --tags (\"\" for none)");
        }

        RequireSayable(request.Table, columns);
        return [.. columns.OrderBy(column => column.Role == ColumnRole.Field).ThenBy(column => column.Index)];
    }

    private static List<ImportColumn> Guessed(
        ImportFile file, int time, ColumnGuess?[] guesses, ImportRequest request, Action onRow)
    {
        if (guesses.All(guess => guess is null)) return [];
        foreach (ImportRow row in file.Rows(time))
        {
            onRow();
            if (row.Fault is not null) continue;
            for (int i = 0; i < guesses.Length; i++) guesses[i]?.Add(row.Cells[i]);
        }

        List<ImportColumn> columns = [];
        for (int i = 0; i < guesses.Length; i++)
        {
            if (guesses[i] is { } guess)
                columns.Add(ByType(i, file.Columns[i], guess.Finish(), request));
        }

        return columns;
    }

    private static ImportColumn ByType(int index, string name, FieldType type, ImportRequest request)
    {
        bool isTag = request.Tags is null && type == FieldType.String;
        return new ImportColumn(index, name, isTag ? ColumnRole.Tag : ColumnRole.Field, type);
    }

    private static void RequireKnown(ImportFile file, ImportRequest request)
    {
        foreach (string name in (request.Tags ?? []).Concat(request.Types.Keys))
        {
            if (!file.Columns.Contains(name, StringComparer.Ordinal))
            {
                throw new TsDbException(
                    ErrorKind.Invalid,
                    $"the file has no column '{name}'. Columns: {string.Join(", ", file.Columns)}");
            }
        }
    }

    private static void RequireSayable(string table, List<ImportColumn> columns)
    {
        string? why = LineText.WhyNot(LinePart.Table, table);
        if (why is not null) throw new TsDbException(ErrorKind.Invalid, $"the table's name {why}");
        foreach (ImportColumn column in columns)
        {
            LinePart part = column.Role == ColumnRole.Tag ? LinePart.TagName : LinePart.FieldName;
            why = LineText.WhyNot(part, column.Name);
            if (why is not null)
                throw new TsDbException(ErrorKind.Invalid, $"the name of column '{column.Name}' {why}");
        }
    }
}
