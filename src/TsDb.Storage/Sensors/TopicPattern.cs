using System.Collections.Immutable;

namespace TsDb.Storage.Sensors;

/// <summary>
/// A topic filter with names: levels are literal text, <c>+</c> (any one level), <c>{name}</c> (any one
/// level, remembered), and at the end <c>#</c> (the rest, which may be nothing) or <c>{name#}</c> (the rest,
/// remembered as one text). As everywhere in MQTT a leading wildcard does not match topics that begin with
/// '$'.
/// </summary>
public sealed class TopicPattern
{
    private const int LevelsMax = 64;

    private readonly ImmutableArray<Level> _levels;

    private TopicPattern(string text, ImmutableArray<Level> levels)
    {
        (Text, _levels) = (text, levels);
        Names = [.. levels.Where(level => level.Name is not null).Select(level => level.Name!)];
    }

    private enum Kind
    {
        Literal,
        One,
        Rest,
    }

    /// <summary>The pattern as written.</summary>
    public string Text { get; }

    /// <summary>The names, from left to right.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>The first level, if it is literal; null otherwise.</summary>
    public string? FirstLiteral => _levels[0].Kind == Kind.Literal ? _levels[0].Text : null;

    /// <summary>The last level, if it is literal; null otherwise.</summary>
    public string? LastLiteral => _levels[^1].Kind == Kind.Literal ? _levels[^1].Text : null;

    /// <summary>The same as a topic filter of MQTT, for a subscription.</summary>
    public string Filter => string.Join('/', _levels.Select(level => level.Kind switch
    {
        Kind.One => "+",
        Kind.Rest => "#",
        _ => level.Text,
    }));

    /// <summary>Reads a pattern; throws <see cref="FormatException"/> with the reason.</summary>
    public static TopicPattern Parse(string text)
    {
        if (text.Length == 0) throw new FormatException("a topic cannot be empty");
        string[] parts = text.Split('/');
        if (parts.Length > LevelsMax) throw new FormatException($"a topic has at most {LevelsMax} levels");
        ImmutableArray<Level>.Builder levels = ImmutableArray.CreateBuilder<Level>(parts.Length);
        for (int i = 0; i < parts.Length; i++)
            levels.Add(ParseLevel(parts[i], isLast: i == parts.Length - 1));
        TopicPattern pattern = new(text, levels.MoveToImmutable());
        foreach (string name in pattern.Names)
        {
            if (pattern.Names.Count(other => other == name) > 1)
                throw new FormatException($"{{{name}}} stands twice in topic '{text}'");
        }

        return pattern;
    }

    /// <summary>
    /// True if the topic matches; then <paramref name="values"/> are the texts of <see cref="Names"/>.
    /// </summary>
    public bool TryMatch(string topic, out ImmutableArray<string> values)
    {
        values = [];
        if (topic.StartsWith('$') && _levels[0].Kind != Kind.Literal) return false;
        string[] parts = topic.Split('/');
        ImmutableArray<string>.Builder found = ImmutableArray.CreateBuilder<string>(Names.Length);
        for (int i = 0; i < _levels.Length; i++)
        {
            Level level = _levels[i];
            if (level.Kind == Kind.Rest)
            {
                if (level.Name is not null) found.Add(i < parts.Length ? string.Join('/', parts[i..]) : "");
                values = found.ToImmutable();
                return i <= parts.Length;
            }

            if (i >= parts.Length || (level.Kind == Kind.Literal && parts[i] != level.Text)) return false;
            if (level.Name is not null) found.Add(parts[i]);
        }

        values = found.ToImmutable();
        return parts.Length == _levels.Length;
    }

    private static Level ParseLevel(string part, bool isLast)
    {
        if (part == "+") return new Level(Kind.One, part, null);
        if (part == "#")
        {
            return isLast
                ? new Level(Kind.Rest, part, null)
                : throw new FormatException("'#' may only be the last level of a topic");
        }

        if (part.StartsWith('{') && part.EndsWith('}') && part.Length > 2)
        {
            string name = part[1..^1];
            bool isRest = name.EndsWith('#');
            if (isRest) name = name[..^1];
            if (isRest && !isLast)
                throw new FormatException($"'{part}' may only be the last level of a topic");
            if (!TextTemplate.IsName(name))
                throw new FormatException(
                    $"'{part}' is no name: use letters, digits and _ inside the braces");
            return new Level(isRest ? Kind.Rest : Kind.One, part, name);
        }

        if (part.AsSpan().IndexOfAny("+#{}") >= 0)
        {
            throw new FormatException(
                $"level '{part}': '+', '#' and {{name}} each stand for a whole level of a topic");
        }

        return new Level(Kind.Literal, part, null);
    }

    private readonly record struct Level(Kind Kind, string Text, string? Name);
}
