using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>The rows of an answer and what they rest on.</summary>
/// <param name="Result">The rows; whoever gets the answer disposes it.</param>
/// <param name="Coverage">What was asked and what is missing.</param>
public sealed record QueryAnswer(ISqlResult Result, Coverage Coverage);
