namespace TsDb.Storage.Wal;

/// <summary>Bytes of a log file that are no whole commit.</summary>
/// <param name="Offset">Where they begin.</param>
/// <param name="BytesLength">How many there are.</param>
/// <param name="IsTail">True at the end of the file: a write that never ended, as a crash leaves it.</param>
public sealed record LogDamage(long Offset, long BytesLength, bool IsTail);
