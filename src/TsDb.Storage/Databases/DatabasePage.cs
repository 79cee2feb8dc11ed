using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage.Databases;

/// <summary>What the file of a <see cref="DatabaseBook"/> holds. Immutable.</summary>
internal sealed record DatabasePage
{
    public static DatabasePage Empty { get; } = new();

    public int Version { get; init; } = 1;

    /// <summary>Of the cluster's word; null before there was one.</summary>
    public long? Revision { get; init; }

    public ImmutableArray<DatabaseSettings> Databases { get; init; } = [];

    public ImmutableArray<string> Asked { get; init; } = [];

    public DatabasePage With(DatabaseSettings settings) => this with
    {
        Databases =
        [
            .. Databases.Where(d => d.Name != settings.Name).Append(settings)
                .OrderBy(d => d.Name, StringComparer.Ordinal),
        ],
    };

    public bool IsSameAs(DatabasePage other) => Revision == other.Revision
        && Databases.SequenceEqual(other.Databases) && Asked.SequenceEqual(other.Asked);
}
