using System.Text.Json;

namespace TsDb.Model;

/// <summary>
/// Versions of what stands on disk and of what travels. Bytes of a newer program are no damage: they are
/// refused with <see cref="ErrorKind.Invalid"/> before anything of them is believed, and nothing is repaired,
/// emptied or set aside because of them (decision 0020).
/// </summary>
public static class FormatVersion
{
    /// <summary>
    /// Throws <see cref="ErrorKind.Invalid"/>, saying what to do, unless the version is one of those known.
    /// </summary>
    /// <param name="what">What has the version: a file's full path, or the noun with its article.</param>
    /// <param name="found">The version that it has.</param>
    /// <param name="oldest">The oldest that this program reads.</param>
    /// <param name="newest">The newest that this program reads.</param>
    public static void Require(string what, long found, long oldest, long newest)
    {
        if (found > newest)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"{what} has version {found}, this program knows {newest}: start a newer one; nothing is "
                + "lost");
        }

        if (found < oldest)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"{what} has version {found}, this program knows {oldest} and later: start an older one; "
                + "nothing is lost");
        }
    }

    /// <summary>
    /// As <see cref="Require"/> for a JSON object that says its version: looked for before the other members,
    /// which may be other ones in another version. Does nothing where no number stands there, so that
    /// reading the object says what is wrong with it.
    /// </summary>
    public static void RequireInJson(
        string what, ReadOnlySpan<byte> json, long oldest, long newest, string member = "version")
    {
        if (InJson(json, member) is { } found) Require(what, found, oldest, newest);
    }

    private static long? InJson(ReadOnlySpan<byte> json, string member)
    {
        try
        {
            Utf8JsonReader reader = new(json);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1
                    || !reader.ValueTextEquals(member))
                    continue;
                reader.Read();
                return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long version)
                    ? version
                    : null;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Whoever reads the object finds the same, and knows what it should have been.
        }

        return null;
    }
}
