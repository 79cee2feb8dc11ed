namespace TsDb.Simulation.Disk;

/// <summary>A call that changes something.</summary>
/// <param name="Kind">Which call.</param>
/// <param name="Path">The file or folder.</param>
public readonly record struct DiskCall(DiskCallKind Kind, string Path);
