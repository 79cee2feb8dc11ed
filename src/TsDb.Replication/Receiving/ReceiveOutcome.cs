namespace TsDb.Replication.Receiving;

/// <summary>What became of a leaf that was to be stored.</summary>
public enum ReceiveOutcome
{
    /// <summary>It is on disk now.</summary>
    Stored,

    /// <summary>It was on disk already, the same bytes: nothing was done.</summary>
    AlreadyPresent,

    /// <summary>Other bytes have its number: it will never be taken.</summary>
    Fork,

    /// <summary>There is no room for it now.</summary>
    DiskFull,

    /// <summary>The disk failed; nothing is promised, try again.</summary>
    DiskFailed,

    /// <summary>The bytes are not what the leaf says, or not a segment.</summary>
    Damaged,
}
