namespace TsDb.Adapters.Peers;

/// <summary>What a frame between two nodes holds. The numbers are part of the wire format.</summary>
internal enum FrameKind : byte
{
    /// <summary>A question: what is there of some tables. Answered by one <see cref="Reply"/>.</summary>
    Catalog = 1,

    /// <summary>A question: the rows of a fragment. Answered by <see cref="Rows"/>, then <see cref="End"/>.
    /// </summary>
    Fragment = 2,

    /// <summary>The answer to <see cref="Catalog"/>.</summary>
    Reply = 3,

    /// <summary>A message of an Arrow IPC stream: the length of its header (int32), header, body.</summary>
    Rows = 4,

    /// <summary>There are no more rows.</summary>
    End = 5,

    /// <summary>In place of an answer, or of what is left of it: why there is none.</summary>
    Failed = 6,

    /// <summary>A sign of life, answered by one <see cref="BeatReply"/>.</summary>
    Beat = 7,

    /// <summary>The answer to <see cref="Beat"/>.</summary>
    BeatReply = 8,

    /// <summary>A question: the digests of some shards. Answered by one <see cref="DigestsReply"/>.</summary>
    Digests = 9,

    /// <summary>The answer to <see cref="Digests"/>.</summary>
    DigestsReply = 10,
}
