using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage.Hot;

/// <summary>All hot rows of a version. Immutable.</summary>
internal sealed record HotState
{
    public static HotState Empty { get; } = new();

    public ImmutableDictionary<TableId, HotTable> Tables { get; private init; } =
        ImmutableDictionary<TableId, HotTable>.Empty;

    public long OpenRows { get; private init; }

    public long OpenBytes { get; private init; }

    public long FrozenRows { get; private init; }

    public long FrozenBytes { get; private init; }

    /// <summary>When the oldest open row was committed; null if there is none.</summary>
    public DateTimeOffset? OpenedAt { get; private init; }

    /// <summary>Cells that the open rows belong to.</summary>
    public int OpenCells { get; private init; }

    public long Rows => OpenRows + FrozenRows;

    public long Bytes => OpenBytes + FrozenBytes;

    public HotTable Find(TableId table) => Tables.GetValueOrDefault(table, HotTable.Empty);

    public HotState With(TableId table, HotTable changed)
    {
        HotTable before = Find(table);
        return this with
        {
            Tables = Tables.SetItem(table, changed),
            OpenRows = OpenRows + changed.OpenRows - before.OpenRows,
            OpenBytes = OpenBytes + changed.OpenBytes - before.OpenBytes,
        };
    }

    public HotState Opened(DateTimeOffset now, int cells) =>
        this with { OpenedAt = OpenedAt ?? now, OpenCells = cells };

    public HotState Freeze() => new()
    {
        Tables = Tables.ToImmutableDictionary(table => table.Key, table => table.Value.Freeze()),
        FrozenRows = OpenRows,
        FrozenBytes = OpenBytes,
    };

    public HotState DropFrozen() => this with
    {
        Tables = Tables.Select(table => KeyValuePair.Create(table.Key, table.Value.DropFrozen()))
            .Where(table => !table.Value.IsEmpty).ToImmutableDictionary(),
        FrozenRows = 0,
        FrozenBytes = 0,
    };
}
