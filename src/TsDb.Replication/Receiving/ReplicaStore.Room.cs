using System.Globalization;

namespace TsDb.Replication.Receiving;

public sealed partial class ReplicaStore
{
    // Size of the last leaf that there was no room for; 0 once one was stored.
    private long _refusedBytes;

    /// <summary>
    /// Why leaves are not taken just now: the disk lacks room for the last one that was refused, or has less
    /// than its reserve. Null while they are.
    /// </summary>
    public string? Refusal
    {
        get
        {
            long needed = _options.DiskReserveBytes + Volatile.Read(ref _refusedBytes);
            long shortBytes = needed - _disk.FreeBytes;
            return shortBytes <= 0 ? null : string.Create(
                CultureInfo.InvariantCulture,
                $"the disk is full ({shortBytes} bytes short of the reserve): free some space");
        }
    }

    // Told once when leaves begin to be refused for lack of room, and once when one is stored again.
    private void NoteRoom(IReadOnlyList<VerifiedLeaf> leaves, ReceiveOutcome[] outcomes)
    {
        int refused = Array.IndexOf(outcomes, ReceiveOutcome.DiskFull);
        if (refused >= 0)
        {
            bool isNews = _refusedBytes == 0;
            Volatile.Write(ref _refusedBytes, leaves[refused].Content.Length);
            if (isNews) Log.DiskFull(_log, Refusal ?? "the disk is full");
        }
        else if (_refusedBytes > 0 && outcomes.Contains(ReceiveOutcome.Stored))
        {
            Volatile.Write(ref _refusedBytes, 0);
            Log.DiskHasRoom(_log);
        }
    }
}
