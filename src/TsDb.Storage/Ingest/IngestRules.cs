using TsDb.Model;

namespace TsDb.Storage.Ingest;

/// <summary>What a request asks for besides its body.</summary>
public sealed record IngestRules
{
    private const int DatabaseBytesMax = 255;

    /// <summary>
    /// The database, created by its first accepted point: 1 to 255 bytes without control characters, not "."
    /// or "..".
    /// </summary>
    public required string Database
    {
        get;
        init => field = IsDatabaseName(value)
            ? value
            : throw new TsDbException(
                ErrorKind.Invalid,
                $"'{value}' cannot be a database: "
                    + $"use 1 to {DatabaseBytesMax} bytes without control characters");
    }

    /// <summary>Whose rules apply.</summary>
    public required IngestDialect Dialect { get; init; }

    /// <summary>The unit of the times.</summary>
    public TimePrecision Precision { get; init; }

    /// <summary>False if one refused line refuses all.</summary>
    public bool AcceptPartial { get; init; } = true;

    /// <summary>True if the text can be a database's name.</summary>
    public static bool IsDatabaseName(string? name) =>
        !string.IsNullOrEmpty(name) && name is not ("." or "..") && !name.Any(char.IsControl)
        && System.Text.Encoding.UTF8.GetByteCount(name) <= DatabaseBytesMax;
}
