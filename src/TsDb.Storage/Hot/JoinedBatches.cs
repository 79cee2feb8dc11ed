using System.Collections;
using TsDb.Columnar;

namespace TsDb.Storage.Hot;

/// <summary>Two lists seen as one: what is being sealed, then what came later.</summary>
internal sealed class JoinedBatches(BatchList first, BatchList second) : IReadOnlyList<TableBatch>
{
    public int Count => first.Count + second.Count;

    public TableBatch this[int index] => index < first.Count ? first[index] : second[index - first.Count];

    public IEnumerator<TableBatch> GetEnumerator() => first.Concat(second).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
