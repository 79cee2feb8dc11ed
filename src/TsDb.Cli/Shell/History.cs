using System.Text;

namespace TsDb.Cli.Shell;

/// <summary>
/// What was asked before, oldest first, in a file that only its owner can read. A statement of several lines
/// is one line there. A file that cannot be read or written costs the history, not the shell.
/// </summary>
internal sealed class History
{
    private const int EntriesMax = 1_000;

    private readonly List<string> _entries = [];
    private readonly string? _path;

    private History(string? path) => _path = path;

    /// <summary>The entries.</summary>
    public IReadOnlyList<string> Entries => _entries;

    /// <summary>Reads a file; null keeps the history in memory only.</summary>
    public static History Open(string? path)
    {
        History history = new(path);
        if (path is null || !File.Exists(path)) return history;
        try
        {
            history._entries.AddRange(File.ReadAllLines(path).TakeLast(EntriesMax).Select(Unescape));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"the history cannot be read: {e.Message}");
        }

        return history;
    }

    /// <summary>Where the history lies: below XDG_STATE_HOME, else in <c>~/.local/state</c>.</summary>
    public static string DefaultPath()
    {
        string state = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } given
            ? given
            : Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(state, "tsdb", "history");
    }

    /// <summary>Adds an entry at the end, unless it is the last one's repetition.</summary>
    public void Add(string entry)
    {
        entry = entry.Trim();
        if (entry.Length == 0 || (_entries.Count > 0 && _entries[^1] == entry)) return;
        _entries.Add(entry);
        if (_entries.Count > EntriesMax) _entries.RemoveAt(0);
        if (_path is null) return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using StreamWriter file = new(_path, Encoding.UTF8, options);
            foreach (string one in _entries) file.WriteLine(Escape(one));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"the history cannot be written: {e.Message}");
        }
    }

    /// <summary>The newest entry before a place that contains the text; -1 for none.</summary>
    public int FindBefore(int place, string text)
    {
        for (int i = Math.Min(place, _entries.Count) - 1; i >= 0; i--)
            if (_entries[i].Contains(text, StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }

    private static string Escape(string entry) =>
        entry.Replace("\\", "\\\\", StringComparison.Ordinal).ReplaceLineEndings("\\n");

    private static string Unescape(string line)
    {
        StringBuilder entry = new();
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != '\\' || i + 1 == line.Length) entry.Append(line[i]);
            else entry.Append(line[++i] == 'n' ? '\n' : line[i]);
        }

        return entry.ToString();
    }
}
