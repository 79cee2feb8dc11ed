using System.Buffers;

namespace TsDb.Model;

/// <summary>The rule for ids of edges and cloud nodes: <c>[A-Za-z0-9_.-]{1,64}</c>, safe in topics, paths and
/// SQL.</summary>
internal static class NodeNames
{
    private const int CharsMax = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    public static bool IsValid(string? text) =>
        text is { Length: >= 1 and <= CharsMax } and not ("." or "..")
        && !text.AsSpan().ContainsAnyExcept(Allowed);

    public static string Require(string text, string what) => IsValid(text)
        ? text
        : throw new TsDbException(
            ErrorKind.Invalid,
            $"{what} id '{text}' is not allowed: use 1 to {CharsMax} of A-Z a-z 0-9 _ . -");
}
