using System.Text;

namespace TsDb.Cli.Shell;

/// <summary>A statement of one or several lines under the user's hands: text and cursor. Pure.</summary>
internal sealed class EditBuffer
{
    private readonly StringBuilder _text = new();

    /// <summary>All lines, with line feeds between them.</summary>
    public string Text => _text.ToString();

    /// <summary>Where the cursor stands in the text.</summary>
    public int Cursor { get; private set; }

    /// <summary>Replaces everything; the cursor goes to the end.</summary>
    public void Set(string text)
    {
        _text.Clear().Append(text);
        Cursor = text.Length;
    }

    /// <summary>Adds text where the cursor stands.</summary>
    public void Insert(string text)
    {
        _text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    /// <summary>Replaces what stands between a place before the cursor and the cursor.</summary>
    public void ReplaceBefore(int start, string text)
    {
        _text.Remove(start, Cursor - start);
        Cursor = start;
        Insert(text);
    }

    /// <summary>Takes the character before the cursor away.</summary>
    public void Backspace()
    {
        int start = Before(Cursor);
        _text.Remove(start, Cursor - start);
        Cursor = start;
    }

    /// <summary>Takes the character under the cursor away.</summary>
    public void Delete() => _text.Remove(Cursor, After(Cursor) - Cursor);

    /// <summary>One character to the left.</summary>
    public void Left() => Cursor = Before(Cursor);

    /// <summary>One character to the right.</summary>
    public void Right() => Cursor = After(Cursor);

    /// <summary>To the beginning of the word.</summary>
    public void WordLeft()
    {
        while (Cursor > 0 && !IsWord(_text[Cursor - 1])) Cursor--;
        while (Cursor > 0 && IsWord(_text[Cursor - 1])) Cursor--;
    }

    /// <summary>Behind the word.</summary>
    public void WordRight()
    {
        while (Cursor < _text.Length && !IsWord(_text[Cursor])) Cursor++;
        while (Cursor < _text.Length && IsWord(_text[Cursor])) Cursor++;
    }

    /// <summary>To the beginning of the line.</summary>
    public void Home() => Cursor = LineStart(Cursor);

    /// <summary>To the end of the line.</summary>
    public void End() => Cursor = LineEnd(Cursor);

    /// <summary>Takes away what is left of the cursor in its line.</summary>
    public void DeleteToHome()
    {
        int start = LineStart(Cursor);
        _text.Remove(start, Cursor - start);
        Cursor = start;
    }

    /// <summary>Takes away what is right of the cursor in its line.</summary>
    public void DeleteToEnd() => _text.Remove(Cursor, LineEnd(Cursor) - Cursor);

    /// <summary>Takes the word before the cursor away.</summary>
    public void DeleteWord()
    {
        int end = Cursor;
        WordLeft();
        _text.Remove(Cursor, end - Cursor);
    }

    /// <summary>To the line above; false if there is none.</summary>
    public bool Up()
    {
        int start = LineStart(Cursor);
        if (start == 0) return false;
        int above = LineStart(start - 1);
        Cursor = Math.Min(above + (Cursor - start), start - 1);
        return true;
    }

    /// <summary>To the line below; false if there is none.</summary>
    public bool Down()
    {
        int end = LineEnd(Cursor);
        if (end == _text.Length) return false;
        int column = Cursor - LineStart(Cursor);
        Cursor = Math.Min(end + 1 + column, LineEnd(end + 1));
        return true;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';

    // A character outside the first plane is two of the text's.
    private int Before(int place) => place switch
    {
        0 => 0,
        > 1 when char.IsSurrogatePair(_text[place - 2], _text[place - 1]) => place - 2,
        _ => place - 1,
    };

    private int After(int place)
    {
        if (place == _text.Length) return place;
        bool isPair = place + 1 < _text.Length && char.IsSurrogatePair(_text[place], _text[place + 1]);
        return place + (isPair ? 2 : 1);
    }

    private int LineStart(int place)
    {
        while (place > 0 && _text[place - 1] != '\n') place--;
        return place;
    }

    private int LineEnd(int place)
    {
        while (place < _text.Length && _text[place] != '\n') place++;
        return place;
    }
}
