using Microsoft.AspNetCore.Http;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Http.Write;

/// <summary>One of the three ways to ask for a write and to be answered.</summary>
internal interface IWriteDialect
{
    /// <summary>Reads the parameters; null after it has answered that they are wrong.</summary>
    Task<IngestRules?> ReadRulesAsync(HttpContext context);

    /// <summary>Answers for a body with refused lines.</summary>
    Task AnswerRefusalsAsync(HttpContext context, ParsedPoints parsed, IngestRules rules);

    /// <summary>Answers for a request that failed as a whole.</summary>
    Task AnswerFailureAsync(HttpContext context, int status, string message);
}
