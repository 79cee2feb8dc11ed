using TsDb.Model;

namespace TsDb.Storage.Wal;

/// <summary>A frame as it was read from the log.</summary>
internal sealed record ReplayedFrame(
    CommitSequence Sequence, CommitSequence Previous, ReadOnlyMemory<byte> Payload);
