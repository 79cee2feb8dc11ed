namespace TsDb.Storage.Ingest;

/// <summary>
/// Whose rules decide what happens to the good lines of a body with bad ones, and in which words.
/// </summary>
public enum IngestDialect
{
    /// <summary>
    /// Good lines are stored, the answer lists the others; the last of two equal fields counts.
    /// </summary>
    V1,

    /// <summary>
    /// A malformed line refuses the whole body; a line that contradicts the schema only itself.
    /// </summary>
    V2,

    /// <summary>
    /// Good lines are stored if partial writes are accepted, else all or nothing; a field may come once only.
    /// </summary>
    V3,

    /// <summary>Messages of sensors: good points are stored, bad ones counted and logged.</summary>
    Sensor,
}
