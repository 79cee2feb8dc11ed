namespace TsDb.Simulation.Disk;

/// <summary>How a call fails.</summary>
public enum DiskFault
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>An I/O error: a short write, an fsync that lost its pages.</summary>
    Io,

    /// <summary>No space.</summary>
    Full,
}
