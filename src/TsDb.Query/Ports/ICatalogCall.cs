using TsDb.Query.Distributed;

namespace TsDb.Query.Ports;

/// <summary>A question to a node's catalog that is under way.</summary>
public interface ICatalogCall
{
    /// <summary>
    /// Waits a little on this thread for the answer to be there, if that is cheaper than to be called back
    /// by another; nothing where it is not. It throws nothing: errors are the answer's.
    /// </summary>
    void Wait();

    /// <summary>The answer; to be asked for once. Errors as
    /// <see cref="ICatalogClient.AskAsync"/>.</summary>
    Task<CatalogAnswer> AnswerAsync();
}
