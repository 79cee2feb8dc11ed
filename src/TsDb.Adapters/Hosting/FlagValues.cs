using System.Globalization;
using TsDb.Model;

namespace TsDb.Adapters.Hosting;

/// <summary>The settings a program was started with, as text with their origin, read out by type.</summary>
public sealed class FlagValues
{
    private readonly Dictionary<string, (string Text, string Origin)> _byName;

    internal FlagValues(Dictionary<string, (string Text, string Origin)> byName) => _byName = byName;

    /// <summary>True if the setting was given, rather than left at its default.</summary>
    public bool IsGiven(string name) => _byName[name].Origin != FlagParser.DefaultOrigin;

    /// <summary>The text of a setting; empty when it has neither a value nor a default.</summary>
    public string Text(string name) => _byName[name].Text;

    /// <summary>The text, or null when it is empty.</summary>
    public string? OptionalText(string name) => Text(name) is { Length: > 0 } text ? text : null;

    /// <summary>A switch: <c>true</c> or <c>false</c>.</summary>
    public bool Switch(string name) => Read(name, text => text.ToUpperInvariant() switch
    {
        "TRUE" or "1" => true,
        "FALSE" or "0" or "" => false,
        _ => throw new FormatException("use true or false"),
    });

    /// <summary>A duration such as <c>500ms 2s 5m 1h 7d</c>.</summary>
    public TimeSpan Duration(string name) => Read(name, DurationText.Parse);

    /// <summary>A duration, or null when none is set.</summary>
    public TimeSpan? OptionalDuration(string name) => IsNone(name) ? null : Duration(name);

    /// <summary>A size in bytes such as <c>64MiB</c> or a plain number.</summary>
    public long Bytes(string name) => Read(name, ByteSizeText.Parse);

    /// <summary>A size in bytes, or null when none is set.</summary>
    public long? OptionalBytes(string name) => IsNone(name) ? null : Bytes(name);

    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    public int Number(string name, int least) => Read(name, text =>
        int.TryParse(text, CultureInfo.InvariantCulture, out int number) && number >= least
            ? number
            : throw new FormatException($"use a whole number of at least {least}"));

    /// <summary>An address to listen on, <c>host:port</c>; null for <c>off</c>.</summary>
    public ListenAddress? Listen(string name) =>
        Text(name) == "off" ? null : Read(name, ListenAddress.Parse);

    /// <summary>A comma-separated list; empty when nothing is set.</summary>
    public IReadOnlyList<string> List(string name) =>
        Text(name).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Reads a setting with a parser; its <see cref="FormatException"/> becomes a start-up error
    /// that names the flag.</summary>
    public T Read<T>(string name, Func<string, T> parse)
    {
        (string text, string origin) = _byName[name];
        try
        {
            return parse(text);
        }
        catch (Exception e) when (e is FormatException or TsDbException or OverflowException)
        {
            throw new TsDbException(ErrorKind.Invalid, $"--{name} '{text}' ({origin}): {e.Message}", e);
        }
    }

    private bool IsNone(string name) => Text(name) is "" or "none";
}
