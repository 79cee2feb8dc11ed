using System.Globalization;
using System.Text.Json;

namespace TsDb.Model;

/// <summary>What is wrong with JSON that cannot be read, in words for people.</summary>
public static class JsonFault
{
    private const string Lacks = "including: ";

    /// <summary>
    /// Says where it is no JSON, or what in it is not what belongs there. What this program found wrong with
    /// it by itself is said as it is.
    /// </summary>
    public static string Describe(Exception error) => error switch
    {
        JsonException when error.Message.IndexOf(Lacks, StringComparison.Ordinal) is var at and > 0 =>
            $"it lacks {error.Message[(at + Lacks.Length)..].Split(". ")[0].TrimEnd('.')}",
        JsonException { LineNumber: { } line, BytePositionInLine: { } at, Path: null or "$" or "" } =>
            string.Create(
                CultureInfo.InvariantCulture, $"it is no JSON from line {line + 1}, byte {at + 1} on"),
        JsonException { LineNumber: { } line, Path: { } path } => string.Create(
            CultureInfo.InvariantCulture, $"{path} in line {line + 1} is not what belongs there"),
        KeyNotFoundException => "a member is missing",
        _ => error.Message,
    };
}
