namespace TsDb.Storage.Seal;

/// <summary>What the decision to seal depends on.</summary>
/// <param name="Rows">Rows that would be sealed.</param>
/// <param name="Bytes">Their bytes in memory.</param>
/// <param name="Cells">Cells that they belong to.</param>
/// <param name="OpenedAt">When the oldest of them was committed; null without rows.</param>
/// <param name="IsShort">Writes wait for room, or were refused for lack of it.</param>
/// <param name="IsFlush">A flush waits for them.</param>
internal readonly record struct SealNeed(
    long Rows, long Bytes, int Cells, DateTimeOffset? OpenedAt, bool IsShort, bool IsFlush);
