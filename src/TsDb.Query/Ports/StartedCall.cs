using TsDb.Query.Distributed;

namespace TsDb.Query.Ports;

/// <summary>A call whose answer comes by itself.</summary>
public sealed class StartedCall(Task<CatalogAnswer> answer) : ICatalogCall
{
    /// <inheritdoc/>
    public void Wait()
    {
    }

    /// <inheritdoc/>
    public Task<CatalogAnswer> AnswerAsync() => answer;
}
