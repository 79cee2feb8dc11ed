using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Storage.Ingest;

namespace TsDb.Storage.Rehearsal;

/// <summary>
/// Writes some points to a store in memory and seals them, so that the first requests and the first seal of
/// a node find the code loaded and compiled that they need.
/// </summary>
public static class StoreRehearsal
{
    // Enough that a request's own thread encodes it, and enough columns that each kind of value is sealed.
    private const int LinesMany = 600;
    private const int LinesFew = 8;
    private const long StartSeconds = 1_451_606_400; // 2016-01-01

    /// <summary>Rehearses; what it wrote is gone when it returns. Throws what a store throws.</summary>
    public static async Task RunAsync(StoreEnvironment env, CancellationToken ct)
    {
        StoreEnvironment silent = env with { Loggers = NullLoggerFactory.Instance };
        await using EdgeStore store = EdgeStore.Open(new MemoryDisk(), new EdgeStoreOptions(), silent);
        IngestPipeline ingest =
            new(store, new IngestSetup(new IngestLimits(), new NodeTime(env.Clock), HashSeed: 0));
        IngestRules rules = new()
        {
            Database = "rehearsal", Dialect = IngestDialect.V2, AcceptPartial = true,
        };
        foreach (int lines in (int[])[LinesMany, LinesFew, LinesMany])
            await ingest.WriteLinesAsync(Lines(lines), rules, ct);
        await store.FlushAsync(ct);
    }

    private static byte[] Lines(int count)
    {
        StringBuilder lines = new();
        for (int i = 0; i < count; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"r,host=h{i % 10},site=s value={i % 7}i,");
            string good = i % 3 == 0 ? "true" : "false";
            lines.Append(CultureInfo.InvariantCulture, $"share={i}.25,count={i}u,good={good}");
            if (i % 5 == 0) lines.Append(CultureInfo.InvariantCulture, $",word=\"w{i % 4}\"");
            lines.Append(CultureInfo.InvariantCulture, $" {StartSeconds + (i / 10)}000000000\n");
        }

        return Encoding.ASCII.GetBytes(lines.ToString());
    }
}
