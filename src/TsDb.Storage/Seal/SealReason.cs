namespace TsDb.Storage.Seal;

/// <summary>Why a seal begins.</summary>
internal enum SealReason
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>The buffer holds as many bytes as it may.</summary>
    Bytes,

    /// <summary>The buffer holds as many rows as it may.</summary>
    Rows,

    /// <summary>The buffer's rows belong to as many cells as one seal may write.</summary>
    Cells,

    /// <summary>The oldest row has waited long enough.</summary>
    Age,

    /// <summary>Writes wait for room in memory or on disk.</summary>
    Shortage,

    /// <summary>Somebody asked for it.</summary>
    Flush,
}
