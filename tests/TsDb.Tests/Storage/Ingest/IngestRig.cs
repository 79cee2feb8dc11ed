using System.Text;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage.Ingest;

/// <summary>Bodies to points, without a node around it.</summary>
internal static class IngestRig
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    public static IngestSetup Setup(IngestLimits? limits = null) => new(
        limits ?? new IngestLimits(),
        new NodeTime(new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Now)),
        HashSeed: 42);

    public static IngestRules Rules(
        IngestDialect dialect = IngestDialect.V1,
        TimePrecision precision = TimePrecision.Nanoseconds,
        bool acceptPartial = true) => new()
        {
            Database = "db",
            Dialect = dialect,
            Precision = precision,
            AcceptPartial = acceptPartial,
        };

    public static ParsedPoints Parse(
        string body, IngestRules? rules = null, SchemaCatalog? schemas = null, IngestLimits? limits = null) =>
        LineProtocolIngest.Parse(
            Encoding.UTF8.GetBytes(body), rules ?? Rules(), schemas ?? SchemaCatalog.Empty, Setup(limits));

    public static List<ModelPoint> Points(ParsedPoints parsed) =>
        [.. parsed.Batches.SelectMany(ModelBatches.Read)];

    /// <summary>Points as <c>table[tags] fields time</c>, one a line.</summary>
    public static string Text(ParsedPoints parsed) => string.Join('\n', parsed.Batches.SelectMany(batch =>
        ModelBatches.Read(batch).Select(
            point => $"{batch.Table.Table}[{Pairs(point.Tags)}] {Pairs(point.Fields)} {point.Time}")));

    private static string Pairs<T>(IReadOnlyDictionary<string, T> pairs) => string.Join(
        ',',
        pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));
}
