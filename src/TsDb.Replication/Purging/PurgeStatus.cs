namespace TsDb.Replication.Purging;

/// <summary>What the removal of erased rows has done at a cloud node since its start.</summary>
/// <param name="Files">Files that were written anew without erased rows.</param>
/// <param name="Rows">Rows that were left out.</param>
/// <param name="Checked">Files that were looked through and had none.</param>
public sealed record PurgeStatus(long Files, long Rows, long Checked);
