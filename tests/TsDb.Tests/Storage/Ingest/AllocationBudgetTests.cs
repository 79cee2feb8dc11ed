using System.Globalization;
using System.Text;
using System.Text.Json;
using TsDb.Codec.LineProtocol;
using TsDb.Columnar;
using TsDb.Storage;
using TsDb.Storage.Ingest;

namespace TsDb.Tests.Storage.Ingest;

/// <summary>
/// What a row may cost in memory that is thrown away, by bench/TsDb.Bench/budgets.json: the columns that are
/// kept do not count, everything else does. Collections of it are processor time that no profile shows.
/// </summary>
public sealed class AllocationBudgetTests
{
    private const int Hosts = 100;
    private const int Moments = 50;
    private const int Rows = Hosts * Moments;

    private static readonly string[] FieldNames =
        [.. Enumerable.Range(0, 10).Select(i => $"usage_of_kind_{i}")];
    private static readonly byte[] Body = Lines();

    [Fact]
    public void Reading_lines() => RequireBudget("read_bytes_per_row", () =>
    {
        LineReader reader = new(Body);
        while (reader.NextLine())
        {
            Assert.True(reader.ReadKey(out _));
            while (reader.NextField()) continue;
            Assert.True(reader.ReadTime(out _, out _));
        }

        return 0;
    });

    [Fact]
    public void Parsing_a_request() => RequireBudget("parse_bytes_per_row", () => Kept(Parse().Batches));

    [Fact]
    public void Encoding_a_request_for_the_log()
    {
        ParsedPoints parsed = Parse();
        RequireBudget("encode_bytes_per_row", () =>
        {
            using BatchPayload payload = BatchPayload.Of(parsed.Batches);
            Assert.True(payload.Bytes.Length < 16 * Rows);
            return 0;
        });
    }

    private static ParsedPoints Parse() => LineProtocolIngest.Parse(
        Body, IngestRig.Rules(), SchemaCatalog.Empty, IngestRig.Setup());

    /// <summary>Bytes of the columns, which stay in memory until they are sealed.</summary>
    private static long Kept(IEnumerable<TableBatch> batches) => batches.Sum(batch =>
        batch.Series.Arrays.Concat(batch.Rows.Arrays).Sum(
            array => array.Data.Buffers.Sum(buffer => (long)buffer.Length)));

    private static void RequireBudget(string name, Func<long> work)
    {
        using JsonDocument budgets = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "budgets.json")));
        double budget = budgets.RootElement.GetProperty(name).GetDouble();
        // The pools fill and the code is compiled before it counts.
        for (int i = 0; i < 3; i++) work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        long kept = work();
        double perRow = (double)(GC.GetAllocatedBytesForCurrentThread() - before - kept) / Rows;
        Assert.True(perRow <= budget, $"{name}: {perRow:0.00} bytes a row, the budget is {budget}");
    }

    private static byte[] Lines()
    {
        StringBuilder lines = new();
        for (int row = 0; row < Rows; row++)
        {
            int host = row % Hosts;
            lines.Append(
                CultureInfo.InvariantCulture,
                $"cpu,hostname=host_{host},region=eu-{host % 7},rack={host % 9} ");
            for (int field = 0; field < FieldNames.Length; field++)
            {
                lines.Append(field == 0 ? "" : ",").Append(FieldNames[field]).Append('=');
                lines.Append(CultureInfo.InvariantCulture, $"{((row * 31) + (field * 17)) % 101}i");
            }

            lines.Append(CultureInfo.InvariantCulture, $" {1_451_606_400 + (row / Hosts * 10)}000000000\n");
        }

        return Encoding.UTF8.GetBytes(lines.ToString());
    }
}
