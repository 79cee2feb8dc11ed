using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <content>Reading stored files again, slowly, so that decay is found while others have what is
/// lost.</content>
public sealed partial class ReceiveService
{
    private static readonly TimeSpan ScrubRest = TimeSpan.FromSeconds(10);

    private ScrubStatus _scrub = new(0, 0, 0, null);

    private async Task ScrubAsync(CancellationToken ct)
    {
        long rate = _options.ScrubBytesPerSecondMax;
        if (rate <= 0) return;
        while (true)
        {
            foreach (CellLeaves cell in _store.Current.Cells)
            {
                foreach (StoredFile file in cell.Files)
                {
                    Scrub(file);
                    await Task.Delay(
                        TimeSpan.FromSeconds((double)file.Extent.BytesLength / rate), _clock, ct);
                }
            }

            if (_store.Current.LeafCount > 0)
                Volatile.Write(ref _scrub, _scrub with { FinishedAt = _clock.GetUtcNow() });
            await Task.Delay(ScrubRest, _clock, ct);
        }
    }

    private void Scrub(StoredFile file)
    {
        if (!_store.Current.Holds(file)) return;
        bool isWhole = _store.Scrub(file);
        Volatile.Write(ref _scrub, _scrub with
        {
            Files = _scrub.Files + 1,
            BytesLength = _scrub.BytesLength + file.Extent.BytesLength,
            Damaged = _scrub.Damaged + (isWhole ? 0 : 1),
        });
        if (!isWhole && _ports.Cluster.Current is { } cluster)
            AskRepair(ShardId.Of(file.Cell, cluster.ShardCount));
    }
}
