namespace TsDb.Load.Queries;

/// <summary>A server, or an engine in process, that answers the questions.</summary>
internal interface IQueryTarget
{
    /// <summary>What the table calls it.</summary>
    string Name { get; }

    /// <summary>Asks and reads the whole answer. Throws if it is an error.</summary>
    Task AskAsync(Question question);
}
