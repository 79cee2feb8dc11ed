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

    /// <summary>The bytes that came do not have the leaf's hash: they are worth another try.</summary>
    Damaged,

    /// <summary>
    /// The shipment that the bytes refer to is not here: a co-owner may have this one whole, else the edge
    /// has to send it plain.
    /// </summary>
    ReferenceMissing,

    /// <summary>The rows that came did not give the file that was offered: the edge has to send it
    /// plain.</summary>
    NotRebuilt,

    /// <summary>
    /// The bytes have the leaf's hash and are no segment of that leaf: it will never be taken.
    /// </summary>
    Refused,
}
