using System.Collections.Immutable;
using System.Text;

namespace TsDb.Storage.Sensors;

/// <summary>
/// A text with <c>{name}</c> in it, each to be replaced by what a topic has at that level. A brace that is
/// meant as such is doubled.
/// </summary>
public sealed class TextTemplate
{
    private readonly ImmutableArray<(string Text, string? Name)> _parts;

    private TextTemplate(ImmutableArray<(string Text, string? Name)> parts) => _parts = parts;

    /// <summary>The names in it.</summary>
    public IEnumerable<string> Names => _parts.Where(part => part.Name is not null).Select(p => p.Name!);

    /// <summary>Reads a template; throws <see cref="FormatException"/> with the reason.</summary>
    public static TextTemplate Parse(string text)
    {
        ImmutableArray<(string, string?)>.Builder parts = ImmutableArray.CreateBuilder<(string, string?)>();
        StringBuilder plain = new();
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool isDouble = i + 1 < text.Length && text[i + 1] == c;
            if (c is not ('{' or '}') || isDouble)
            {
                plain.Append(c);
                if (c is '{' or '}') i++;
                continue;
            }

            int end = c == '{' ? text.IndexOf('}', i) : -1;
            if (end < 0 || !IsName(text[(i + 1)..end]))
                throw new FormatException(
                    $"'{text}': a brace that is not part of a {{name}} must be doubled");
            if (plain.Length > 0) parts.Add((plain.ToString(), null));
            plain.Clear();
            parts.Add(("", text[(i + 1)..end]));
            i = end;
        }

        if (plain.Length > 0) parts.Add((plain.ToString(), null));
        return new TextTemplate(parts.ToImmutable());
    }

    /// <summary>The text with the names replaced.</summary>
    public string Fill(TopicPattern pattern, ImmutableArray<string> values) => _parts switch
    {
        [] => "",
        [(string text, null)] => text,
        _ => string.Concat(_parts.Select(
            part => part.Name is null ? part.Text : values[pattern.Names.IndexOf(part.Name)])),
    };

    internal static bool IsName(string text) =>
        text.Length is > 0 and <= 64 && text.All(c => char.IsLetterOrDigit(c) || c == '_');
}
