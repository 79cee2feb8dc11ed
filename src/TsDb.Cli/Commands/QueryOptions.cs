using System.CommandLine;
using TsDb.Cli.Nodes;

namespace TsDb.Cli.Commands;

/// <summary>Options of a question: how to print it, how sure to be of it.</summary>
internal sealed class QueryOptions
{
    private static readonly string[] Formats = ["table", "chart", "csv", "json", "jsonl", "arrow", "parquet"];
    private static readonly string[] Consistencies = ["one", "quorum", "all"];

    private readonly Option<string> _format = new("--format")
    {
        Description = "How to print the answer",
        DefaultValueFactory = _ => "table",
    };

    private readonly Option<string?> _consistency = new("--consistency")
    {
        Description =
            "one: any replica; quorum: every point durable before the question; all: every owner agrees",
    };

    private readonly Option<bool> _fresh =
        new("--fresh") { Description = "Include points that edges have not shipped" };

    private readonly Option<string?> _edgeTimeout =
        new("--edge-timeout") { Description = "How long a fresh question waits for edges [5s]" };

    private readonly Option<bool> _partial = new("--allow-partial")
    {
        Description = "Take an answer that names what is missing instead of an error",
    };

    public void AddTo(Command command)
    {
        _format.AcceptOnlyFromAmong(Formats);
        _consistency.AcceptOnlyFromAmong(Consistencies);
        command.Add(_format);
        command.Add(_consistency);
        command.Add(_fresh);
        command.Add(_edgeTimeout);
        command.Add(_partial);
    }

    public QueryCall Read(ParseResult parsed, string database, string sql) =>
        new(database, sql, parsed.GetRequiredValue(_format))
        {
            Consistency = parsed.GetValue(_consistency),
            Fresh = parsed.GetValue(_fresh),
            EdgeTimeout = parsed.GetValue(_edgeTimeout),
            AllowPartial = parsed.GetValue(_partial),
        };
}
