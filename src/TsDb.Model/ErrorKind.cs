namespace TsDb.Model;

/// <summary>What a failure asks of whoever gets it. Each kind means one thing for the caller to do.</summary>
public enum ErrorKind
{
    /// <summary>The request is wrong as it stands: change it before trying again (HTTP 400).</summary>
    Invalid,

    /// <summary>The database, table or node named does not exist (HTTP 404).</summary>
    NotFound,

    /// <summary>The request contradicts what is stored, such as a field's type (HTTP 409 or 422).</summary>
    Conflict,

    /// <summary>The request is larger than a stated limit (HTTP 413).</summary>
    TooLarge,

    /// <summary>No room or no quorum just now: try again later (HTTP 429 or 503).</summary>
    Unavailable,

    /// <summary>The time allowed for the request is over (HTTP 408).</summary>
    Deadline,

    /// <summary>Stored bytes are not what was written; the message names file and offset (HTTP
    /// 500).</summary>
    Corrupt,

    /// <summary>The component is shut down: ask another node (HTTP 503).</summary>
    Closed,
}
