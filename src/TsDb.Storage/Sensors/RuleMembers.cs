using System.Text.Json;

namespace TsDb.Storage.Sensors;

/// <summary>
/// The members of an object in a rule file. Every fault is a <see cref="FormatException"/> that begins with
/// the place.
/// </summary>
internal sealed class RuleMembers
{
    private readonly JsonElement _element;
    private readonly string _place;

    public RuleMembers(JsonElement element, string place, string demand)
    {
        (_element, _place) = (element, place);
        if (element.ValueKind != JsonValueKind.Object)
            throw new FormatException(place.Length == 0 ? demand : $"{place}: {demand}");
    }

    /// <summary>Refuses members of other names: they are most likely misspelt.</summary>
    public void Allow(params string[] names)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (JsonProperty member in _element.EnumerateObject())
        {
            if (!names.Contains(member.Name))
            {
                throw new FormatException(
                    $"{PlaceOf(member.Name)}: not known here; what is known: {string.Join(", ", names)}");
            }

            if (!seen.Add(member.Name)) throw new FormatException($"{PlaceOf(member.Name)}: stands twice");
        }
    }

    public JsonElement? Find(string name) =>
        _element.TryGetProperty(name, out JsonElement value) ? value : null;

    public string? Text(string name)
    {
        if (Find(name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : throw new FormatException($"{PlaceOf(name)}: must be a text");
    }

    public bool Switch(string name) => Find(name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw new FormatException($"{PlaceOf(name)}: must be true or false"),
    };

    public T Choice<T>(string name, T otherwise, params (string Text, T Value)[] choices)
    {
        if (Text(name) is not { } text) return otherwise;
        foreach ((string choice, T value) in choices)
        {
            if (choice == text) return value;
        }

        string known = string.Join(", ", choices.Select(choice => choice.Text));
        throw new FormatException($"{PlaceOf(name)}: '{text}' is none of {known}");
    }

    /// <summary>Reads a text by a function whose faults are format exceptions.</summary>
    public T? Read<T>(string name, Func<string, T> read)
        where T : class
    {
        if (Text(name) is not { } text) return null;
        try
        {
            return read(text);
        }
        catch (FormatException error)
        {
            throw new FormatException($"{PlaceOf(name)}: {error.Message}", error);
        }
    }

    /// <summary>The texts of an object's members.</summary>
    public IEnumerable<(string Name, string Text, string Place)> Texts(string name)
    {
        if (Find(name) is not { } value) yield break;
        RuleMembers inner = new(value, PlaceOf(name), "must be an object of texts");
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (member.Name.Length == 0) throw new FormatException($"{PlaceOf(name)}: a name is empty");
            if (!seen.Add(member.Name)) throw new FormatException(
                $"{inner.PlaceOf(member.Name)}: stands twice");
            yield return (member.Name, inner.Text(member.Name)!, inner.PlaceOf(member.Name));
        }
    }

    public string PlaceOf(string name) => _place.Length == 0 ? name : $"{_place}.{name}";
}
