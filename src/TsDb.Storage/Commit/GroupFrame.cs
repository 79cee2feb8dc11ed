using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Storage.Commit;

/// <summary>
/// What one group commit writes and shows: large requests as they are (their own threads encoded them), runs
/// of small ones merged into one batch per table, so that many small writers cost the log and the buffer no
/// more than a large one.
/// </summary>
internal sealed record GroupFrame(
    IReadOnlyList<ReadOnlyMemory<byte>> Pieces, IReadOnlyList<TableBatch> Batches)
{
    public static GroupFrame Of(IReadOnlyList<PendingCommit> group)
    {
        List<ReadOnlyMemory<byte>> pieces = [];
        List<TableBatch> batches = [];
        List<TableBatch> small = [];
        foreach (PendingCommit pending in group)
        {
            if (pending.Encoded is not { } encoded)
            {
                small.AddRange(pending.Request.Batches);
                continue;
            }

            Close(small, pieces, batches);
            pieces.Add(encoded.Bytes);
            batches.AddRange(pending.Request.Batches);
        }

        Close(small, pieces, batches);
        return new GroupFrame(pieces, batches);
    }

    private static void Close(
        List<TableBatch> small, List<ReadOnlyMemory<byte>> pieces, List<TableBatch> batches)
    {
        if (small.Count == 0) return;
        List<TableBatch> merged = [];
        foreach (IGrouping<TableId, TableBatch> table in small.GroupBy(batch => batch.Table))
        {
            TableBatch[] parts = [.. table];
            merged.Add(parts.Length == 1 ? parts[0] : KeyMerge.Merge(table.Key, parts).Batch);
        }

        pieces.Add(BatchCodec.Encode(merged));
        batches.AddRange(merged);
        small.Clear();
    }
}
