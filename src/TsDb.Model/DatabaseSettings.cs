using System.Collections.Immutable;

namespace TsDb.Model;

/// <summary>Settings of a database, the same at every node and edge of a cluster. Immutable.</summary>
/// <param name="Name">The database.</param>
/// <param name="Retention">How long points are kept; null for ever.</param>
/// <param name="HorizonNanoseconds">Days that end before it are gone; it only rises. long.MinValue when there
/// is none.</param>
public sealed record DatabaseSettings(string Name, TimeSpan? Retention, long HorizonNanoseconds)
{
    /// <summary>No horizon: every time is kept.</summary>
    public const long NoHorizon = long.MinValue;

    /// <summary>Tables with a rule of their own, by name.</summary>
    public ImmutableArray<TableSettings> Tables { get; init; } = [];

    /// <summary>A database that keeps everything.</summary>
    public static DatabaseSettings Of(string name) => new(name, null, NoHorizon);

    /// <summary>The table's own rule; null if it has none.</summary>
    public TableSettings? Find(string table) => Tables.FirstOrDefault(t => t.Table == table);

    /// <summary>The horizon of a table: its own where it has a rule, else the database's.</summary>
    public long HorizonOf(string table) => Find(table)?.HorizonNanoseconds ?? HorizonNanoseconds;

    /// <summary>
    /// With another retention for the database, or for one table; the horizons stay where they are.
    /// </summary>
    public DatabaseSettings WithRetention(string? table, TimeSpan? retention)
    {
        if (table is null) return this with { Retention = retention };
        TableSettings own = Find(table) is { } known
            ? known with { Retention = retention }
            : new TableSettings(table, retention, NoHorizon);
        return this with
        {
            Tables =
            [
                .. Tables.Where(t => t.Table != table).Append(own)
                    .OrderBy(t => t.Table, StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>With the horizons raised to what the retentions ask for at a time.</summary>
    public DatabaseSettings At(long nowNanoseconds) => this with
    {
        HorizonNanoseconds = Raise(HorizonNanoseconds, Retention, nowNanoseconds),
        Tables =
        [
            .. Tables.Select(t => t with
            {
                HorizonNanoseconds = Raise(t.HorizonNanoseconds, t.Retention, nowNanoseconds),
            }),
        ],
    };

    /// <inheritdoc/>
    public bool Equals(DatabaseSettings? other) => other is not null && Name == other.Name
        && Retention == other.Retention && HorizonNanoseconds == other.HorizonNanoseconds
        && Tables.SequenceEqual(other.Tables);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Retention, HorizonNanoseconds, Tables.Length);

    // Whole days go, so a horizon inside a day would only make noise.
    private static long Raise(long horizon, TimeSpan? retention, long now)
    {
        if (retention is not { } kept) return horizon;
        Int128 wanted = (Int128)now - ((Int128)kept.Ticks * TimeSpan.NanosecondsPerTick);
        return Math.Max(horizon, Day.Of((long)Int128.Max(wanted, long.MinValue)).Range.StartNanoseconds);
    }
}
