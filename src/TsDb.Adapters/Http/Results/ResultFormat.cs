namespace TsDb.Adapters.Http.Results;

/// <summary>The forms in which rows leave over HTTP.</summary>
public enum ResultFormat
{
    /// <summary>An array of objects.</summary>
    Json,

    /// <summary>One object a line.</summary>
    JsonLines,

    /// <summary>RFC 4180 with a header line.</summary>
    Csv,

    /// <summary>A table for people.</summary>
    Pretty,

    /// <summary>Arrow's IPC stream.</summary>
    Arrow,

    /// <summary>One Parquet file.</summary>
    Parquet,
}
