namespace TsDb.Storage.Ports;

/// <summary>The disk, or the quota set for it, has no room left (ENOSPC, EDQUOT).</summary>
public sealed class DiskFullException : IOException
{
    /// <summary>Creates the error with a sentence that names the file.</summary>
    public DiskFullException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
