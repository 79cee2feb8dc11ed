using Spectre.Console;

namespace TsDb.Cli.Shell;

/// <summary>
/// Reads statements of one or several lines from a terminal: keys change an <see cref="EditBuffer"/>, which
/// is drawn anew after each. Ctrl-C is a key here.
/// </summary>
internal sealed class LineEditor(History history, Completion completion, Func<string> prompt)
{
    private const string PromptNext = "   ...> ";

    private readonly EditBuffer _buffer = new();
    private string _draft = "";
    private int _place;

    // The row of the cursor below the first row that is drawn.
    private int _cursorRow;

    /// <summary>The next statement; null if the user wants to leave.</summary>
    public string? Read()
    {
        _buffer.Set("");
        (_draft, _place, _cursorRow) = ("", history.Entries.Count, 0);
        Draw();
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            bool isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
            if (isControl && key.Key == ConsoleKey.D && _buffer.Text.Length == 0)
            {
                Console.WriteLine();
                return null;
            }

            if (isControl && key.Key == ConsoleKey.C)
            {
                _buffer.End();
                Console.WriteLine("^C");
                return "";
            }

            if (key.Key == ConsoleKey.Enter)
            {
                if (StatementEnd.IsWhole(_buffer.Text))
                {
                    _buffer.Set(_buffer.Text);
                    Draw();
                    Console.WriteLine();
                    history.Add(_buffer.Text);
                    return _buffer.Text;
                }

                _buffer.Insert("\n");
            }
            else if (isControl && key.Key == ConsoleKey.R) Search();
            else if (key.Key == ConsoleKey.Tab) Complete();
            else Edit(key, isControl || key.Modifiers.HasFlag(ConsoleModifiers.Alt));
            Draw();
        }
    }

    private void Edit(ConsoleKeyInfo key, bool isControl)
    {
        switch (key.Key, isControl)
        {
            case (ConsoleKey.LeftArrow, true): _buffer.WordLeft(); break;
            case (ConsoleKey.RightArrow, true): _buffer.WordRight(); break;
            case (ConsoleKey.LeftArrow, _) or (ConsoleKey.B, true): _buffer.Left(); break;
            case (ConsoleKey.RightArrow, _) or (ConsoleKey.F, true): _buffer.Right(); break;
            case (ConsoleKey.Home, _) or (ConsoleKey.A, true): _buffer.Home(); break;
            case (ConsoleKey.End, _) or (ConsoleKey.E, true): _buffer.End(); break;
            case (ConsoleKey.K, true): _buffer.DeleteToEnd(); break;
            case (ConsoleKey.U, true): _buffer.DeleteToHome(); break;
            case (ConsoleKey.W, true) or (ConsoleKey.Backspace, true): _buffer.DeleteWord(); break;
            case (ConsoleKey.Backspace, _): _buffer.Backspace(); break;
            case (ConsoleKey.Delete, _) or (ConsoleKey.D, true): _buffer.Delete(); break;
            case (ConsoleKey.UpArrow, _) or (ConsoleKey.P, true):
                if (!_buffer.Up()) Go(_place - 1);
                break;
            case (ConsoleKey.DownArrow, _) or (ConsoleKey.N, true):
                if (!_buffer.Down()) Go(_place + 1);
                break;
            case (ConsoleKey.L, true):
                Console.Write("\e[H\e[2J");
                _cursorRow = 0;
                break;
            default:
                if (!char.IsControl(key.KeyChar)) _buffer.Insert(key.KeyChar.ToString());
                break;
        }
    }

    private void Go(int place)
    {
        if (place < 0 || place > history.Entries.Count) return;
        if (_place == history.Entries.Count) _draft = _buffer.Text;
        _place = place;
        _buffer.Set(place == history.Entries.Count ? _draft : history.Entries[place]);
    }

    private void Complete()
    {
        (int start, IReadOnlyList<string> candidates) = completion.Complete(_buffer.Text, _buffer.Cursor);
        if (candidates.Count == 0) return;
        string common = Completion.CommonStart(candidates);
        if (candidates.Count == 1 || common.Length > _buffer.Cursor - start)
        {
            bool isOpen = candidates.Count > 1 || common.EndsWith('(');
            _buffer.ReplaceBefore(start, isOpen ? common : $"{common} ");
            return;
        }

        Console.Write("\e[J\r\n");
        Console.WriteLine(string.Join("  ", candidates));
        _cursorRow = 0;
    }

    // Each key narrows what was asked before; Ctrl-R goes further back, any other key takes what is found.
    private void Search()
    {
        string wanted = "";
        int found = history.Entries.Count;
        while (true)
        {
            string shown = found >= 0 && found < history.Entries.Count ? history.Entries[found] : "";
            DrawLines([$"(search '{wanted}') {shown.ReplaceLineEndings(" ")}"], 0, int.MaxValue);
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            bool isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
            if (isControl && key.Key == ConsoleKey.R) found = history.FindBefore(found, wanted);
            else if (key.Key == ConsoleKey.Backspace && wanted.Length > 0)
                found = history.FindBefore(history.Entries.Count, wanted = wanted[..^1]);
            else if (!isControl && !char.IsControl(key.KeyChar))
                found = history.FindBefore(history.Entries.Count, wanted += key.KeyChar);
            else
            {
                bool isGivenUp = isControl || key.Key == ConsoleKey.Escape;
                if (!isGivenUp && found >= 0 && found < history.Entries.Count)
                    (_place, _) = (found, 0);
                if (!isGivenUp && shown.Length > 0) _buffer.Set(shown);
                return;
            }

            if (found < 0) found = history.Entries.Count;
        }
    }

    private void Draw()
    {
        string[] lines = _buffer.Text.Split('\n');
        string before = _buffer.Text[.._buffer.Cursor];
        int line = before.Count(c => c == '\n');
        for (int i = 0; i < lines.Length; i++) lines[i] = (i == 0 ? prompt() : PromptNext) + lines[i];
        string first = line == 0 ? prompt() : PromptNext;
        DrawLines(lines, line, (first + before[(before.LastIndexOf('\n') + 1)..]).GetCellWidth());
    }

    private void DrawLines(string[] lines, int cursorLine, int cursorColumn)
    {
        int width = Math.Max(20, Console.WindowWidth);
        string up = _cursorRow > 0 ? $"\e[{_cursorRow}A" : "";
        Console.Write($"{up}\r\e[J{string.Join("\r\n", lines)}");
        int[] rows = [.. lines.Select(line => (Math.Max(1, line.GetCellWidth()) + width - 1) / width)];
        int column = Math.Min(cursorColumn, lines[cursorLine].GetCellWidth());
        int row = rows.Take(cursorLine).Sum() + (column / width);
        int last = rows.Sum() - 1;

        // A line that fills its row leaves the cursor in it: the next one is made by hand.
        if (row > last)
        {
            Console.Write("\r\n");
            last = row;
        }

        string back = last > row ? $"\e[{last - row}A" : "";
        string right = column % width > 0 ? $"\e[{column % width}C" : "";
        Console.Write($"{back}\r{right}");
        _cursorRow = row;
    }
}
