using TsDb.Model;

namespace TsDb.Storage.Ingest;

/// <summary>
/// A body of points from its bytes to the answer: parsed without a lock against the schemas of the moment,
/// committed, and parsed once more when another commit fixed a column meanwhile that this one contradicts.
/// </summary>
public sealed class IngestPipeline(IWriteTarget target, IngestSetup setup)
{
    /// <summary>
    /// Each repetition means that another request added a column: more than this is a flood of new names.
    /// </summary>
    private const int AttemptsMax = 32;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The limits in force.</summary>
    public IngestLimits Limits => setup.Limits;

    /// <summary>What all requests share.</summary>
    internal IngestSetup Setup => setup;

    /// <summary>The schemas after the last commit.</summary>
    public SchemaCatalog Schemas => target.Schemas;

    /// <summary>Points since start.</summary>
    public IngestStats Stats { get; } = new();

    /// <summary>How far the limits of names are used.</summary>
    public IReadOnlyList<LimitUse> LimitsInUse => SchemaUse.Of(Schemas, setup);

    /// <summary>
    /// Stores the good lines of a body, by the rules. Returns after they are durable; throws what
    /// <see cref="LineProtocolIngest.Parse"/> and <see cref="IWriteTarget.CommitAsync"/> throw.
    /// </summary>
    public Task<ParsedPoints> WriteLinesAsync(
        ReadOnlyMemory<byte> body, IngestRules rules, CancellationToken ct) =>
        WriteAsync(schemas => LineProtocolIngest.Parse(body.Span, rules, schemas, setup), ct);

    /// <summary>Stores points written as JSON; see <see cref="SensorJsonIngest"/> for the shape.</summary>
    public Task<ParsedPoints> WriteJsonAsync(
        ReadOnlyMemory<byte> body, SensorJsonRules json, IngestRules rules, CancellationToken ct) =>
        WriteAsync(schemas => SensorJsonIngest.Parse(body, json, rules, schemas, setup), ct);

    /// <summary>
    /// Stores what <paramref name="parse"/> makes of a state of the schemas; it is called again when a commit
    /// in between contradicts it.
    /// </summary>
    internal async Task<ParsedPoints> WriteAsync(
        Func<SchemaCatalog, ParsedPoints> parse, CancellationToken ct)
    {
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            SchemaCatalog schemas = target.Schemas;
            ParsedPoints parsed = parse(schemas);
            if (parsed.RowCount > 0)
            {
                WriteRequest request = new(parsed.Batches, schemas);
                if (await target.CommitAsync(request, ct) == CommitOutcome.SchemaChanged) continue;
                setup.TagValues.Learn(parsed);
            }

            Stats.Add(parsed.RowCount, parsed.RefusedCount);
            return parsed;
        }

        throw new TsDbException(
            ErrorKind.Unavailable,
            "other writers add columns faster than this request can be checked: try again")
        {
            RetryAfter = RetryAfter,
        };
    }
}
