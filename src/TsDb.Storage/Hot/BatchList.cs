using System.Collections;
using TsDb.Columnar;

namespace TsDb.Storage.Hot;

/// <summary>
/// An immutable list whose appended successor shares its array, so that a commit costs no copy. Successors
/// are made under the store's gate; readers see only the items that were there when their list was made.
/// </summary>
internal sealed class BatchList : IReadOnlyList<TableBatch>
{
    private const int CapacityFirst = 8;

    private readonly Shared _shared;

    private BatchList(Shared shared, int count) => (_shared, Count) = (shared, count);

    public static BatchList Empty { get; } = new(new Shared([]), 0);

    public int Count { get; }

    public TableBatch this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
            return _shared.Items[index];
        }
    }

    public BatchList Append(TableBatch batch)
    {
        Shared shared = _shared;
        if (shared.Used != Count || shared.Items.Length == Count)
        {
            TableBatch[] items = new TableBatch[Math.Max(CapacityFirst, 2 * Count)];
            Array.Copy(shared.Items, items, Count);
            shared = new Shared(items) { Used = Count };
        }

        shared.Items[Count] = batch;
        shared.Used = Count + 1;
        return new BatchList(shared, Count + 1);
    }

    /// <summary>This list with its last <paramref name="count"/> batches replaced by one.</summary>
    public BatchList ReplaceTail(int count, TableBatch merged)
    {
        int kept = Count - count;
        TableBatch[] items = new TableBatch[Math.Max(CapacityFirst, kept + CapacityFirst)];
        Array.Copy(_shared.Items, items, kept);
        items[kept] = merged;
        return new BatchList(new Shared(items) { Used = kept + 1 }, kept + 1);
    }

    public IEnumerator<TableBatch> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return _shared.Items[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class Shared(TableBatch[] items)
    {
        public TableBatch[] Items { get; } = items;

        public int Used { get; set; }
    }
}
