namespace TsDb.Storage.Ingest;

/// <summary>Why a line was refused, as far as the rules of a dialect care.</summary>
public enum RefusalKind
{
    /// <summary>It is not a point, or a name or time in it is not allowed.</summary>
    Malformed,

    /// <summary>It contradicts the table's columns.</summary>
    Conflict,

    /// <summary>It would exceed a limit of names.</summary>
    Limit,
}
