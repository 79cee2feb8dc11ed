using TsDb.Model;
using TsDb.Storage.Scrubbing;

namespace TsDb.Replication.Receiving;

/// <content>Reading stored files again, slowly, so that decay is found while others have what is
/// lost.</content>
public sealed partial class ReceiveService
{
    private readonly ScrubLoop _scrub;

    private Task ScrubAsync(CancellationToken ct) => _scrub.RunAsync(
        () => _store.Current.Cells.SelectMany(cell => cell.Files).Where(file => _store.Current.Holds(file)),
        file => file.Extent.BytesLength,
        Scrub,
        ct);

    /// <summary>
    /// Reads a file that is stored here; false if it is damaged: then it is set aside, and asked of its other
    /// owners at once. Blocks on the disk; safe to call from many threads.
    /// </summary>
    public bool Scrub(StoredFile file)
    {
        bool isWhole = _store.Scrub(file);
        if (!isWhole && _ports.Cluster.Current is { } cluster)
            AskRepair(ShardId.Of(file.Cell, cluster.ShardCount));
        return isWhole;
    }
}
