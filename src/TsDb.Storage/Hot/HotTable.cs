using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Storage.Hot;

/// <summary>
/// The hot rows of one table: those that a seal is writing out just now, and those behind them. Immutable.
/// </summary>
internal sealed record HotTable
{
    public static HotTable Empty { get; } = new();

    /// <summary>Batches that belong to the seal in hand.</summary>
    public BatchList Frozen { get; private init; } = BatchList.Empty;

    /// <summary>Batches behind it.</summary>
    public BatchList Open { get; private init; } = BatchList.Empty;

    /// <summary>Rows of <see cref="Open"/>.</summary>
    public long OpenRows { get; private init; }

    /// <summary>Bytes of <see cref="Open"/>.</summary>
    public long OpenBytes { get; private init; }

    /// <summary>Rows of <see cref="Frozen"/>.</summary>
    public long FrozenRows { get; private init; }

    /// <summary>Bytes of <see cref="Frozen"/>.</summary>
    public long FrozenBytes { get; private init; }

    /// <summary>No key repeats in <see cref="Open"/>.</summary>
    public bool OpenKeysAreUnique { get; private init; } = true;

    /// <summary>No key repeats in both together.</summary>
    public bool KeysAreUnique { get; private init; } = true;

    public bool IsEmpty => Frozen.Count == 0 && Open.Count == 0;

    public HotTable Append(TableBatch batch, long bytes, KeyUniqueness uniqueness) => this with
    {
        Open = Open.Append(batch),
        OpenRows = OpenRows + batch.RowCount,
        OpenBytes = OpenBytes + bytes,
        OpenKeysAreUnique = uniqueness.Open,
        KeysAreUnique = Frozen.Count == 0 ? uniqueness.Open : uniqueness.All,
    };

    /// <summary>The last batches of <see cref="Open"/> became one of the same rows.</summary>
    public HotTable Coalesce(int count, TableBatch merged, long bytesSaved)
    {
        int rowsBefore = 0;
        for (int i = Open.Count - count; i < Open.Count; i++) rowsBefore += Open[i].RowCount;
        return this with
        {
            Open = Open.ReplaceTail(count, merged),
            OpenRows = OpenRows - rowsBefore + merged.RowCount,
            OpenBytes = OpenBytes - bytesSaved,
        };
    }

    /// <summary>This table with the open rows of another state of it.</summary>
    public HotTable WithOpen(HotTable other) =>
        this with { Open = other.Open, OpenRows = other.OpenRows, OpenBytes = other.OpenBytes };

    /// <summary>All that is open belongs to a seal from now on.</summary>
    public HotTable Freeze() => new()
    {
        Frozen = Open,
        FrozenRows = OpenRows,
        FrozenBytes = OpenBytes,
        KeysAreUnique = OpenKeysAreUnique,
    };

    /// <summary>What was frozen lies in segments now.</summary>
    public HotTable DropFrozen() => this with
    {
        Frozen = BatchList.Empty,
        FrozenRows = 0,
        FrozenBytes = 0,
        KeysAreUnique = OpenKeysAreUnique,
    };

    public HotRows ToRows(EdgeId edge) => new(
        edge,
        (Frozen.Count, Open.Count) switch
        {
            (0, _) => Open,
            (_, 0) => Frozen,
            _ => new JoinedBatches(Frozen, Open),
        },
        KeysAreUnique);
}
