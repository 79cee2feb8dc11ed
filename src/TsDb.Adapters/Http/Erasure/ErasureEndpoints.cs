using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TsDb.Codec.Json;
using TsDb.Model;
using TsDb.Storage.Erasure;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Http.Erasure;

/// <summary>/api/v1/erasures: what is erased, on both kinds of node.</summary>
public static class ErasureEndpoints
{
    private const string Path = "/api/v1/erasures";

    /// <summary>
    /// GET lists tombstones and says who has applied them; POST ?db=...&amp;table=...&amp;before=... and
    /// &amp;where=... or &amp;all_series=true erases, with &amp;purge=true for good; POST /purge?number=...
    /// makes a tombstone final; DELETE ?number=... lifts one that is not.
    /// </summary>
    public static void MapErasures(this IEndpointRouteBuilder routes, AdminEndpoint admin, IErasureDesk desk)
    {
        admin.Map(routes, HttpMethods.Get, Path, async context => await DescribeAsync(desk, context));
        admin.Map(routes, HttpMethods.Post, Path, async context =>
        {
            TableId table = new(
                Database(context), AdminEndpoint.Required(context, "table"));
            ImmutableArray<TagCondition> where = Where(context);
            long before = Moment(AdminEndpoint.Required(context, "before"));
            ImmutableArray<Column>? columns = await desk.ColumnsAsync(table, context.RequestAborted);
            string[] unknown = columns is { } known ? UnknownTags(table, known, where) : [];
            bool isFinal = AdminEndpoint.Value(context, "purge") == "true";
            long number = await desk.EraseAsync(table, where, before, context.RequestAborted);
            if (isFinal) await desk.MakeFinalAsync(number, context.RequestAborted);
            JsonObject answer = await DescribeAsync(desk, context);
            answer["tombstone"] = number;
            answer["table_is_known"] = columns is not null;
            answer["unknown_tags"] = new JsonArray([.. unknown.Select(tag => (JsonNode)tag)]);
            return answer;
        });
        admin.Map(routes, HttpMethods.Delete, Path, async context =>
        {
            await desk.LiftAsync(Number(context), context.RequestAborted);
            return await DescribeAsync(desk, context);
        });
        admin.Map(routes, HttpMethods.Post, $"{Path}/purge", async context =>
        {
            await desk.MakeFinalAsync(Number(context), context.RequestAborted);
            return await DescribeAsync(desk, context);
        });
    }

    private static long Number(HttpContext context)
    {
        string text = AdminEndpoint.Required(context, "number");
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new TsDbException(ErrorKind.Invalid, $"'{text}' is not the number of a tombstone");
    }

    private static async Task<JsonObject> DescribeAsync(IErasureDesk desk, HttpContext context)
    {
        ErasureReceipt receipt = await desk.ReceiptAsync(context.RequestAborted);
        Erasures current = desk.Current;
        return new JsonObject
        {
            ["number"] = current.Number,
            ["tombstones"] = new JsonArray([.. current.Tombstones.Select(Describe)]),
            ["nodes"] = new JsonArray([.. receipt.Nodes.Select(Describe)]),
            ["edges"] = new JsonArray([.. receipt.Edges.Select(Describe)]),
        };
    }

    private static JsonObject Describe(Tombstone tombstone) => new()
    {
        ["number"] = tombstone.Number,
        ["database"] = tombstone.Table.Database,
        ["table"] = tombstone.Table.Table,
        ["where"] = WhereText.Print(tombstone.Where),
        ["before"] = MomentText(tombstone.BeforeNanoseconds),
        ["before_nanoseconds"] = tombstone.BeforeNanoseconds,
        ["lifted_by"] = tombstone.LiftedBy,
        ["final_by"] = tombstone.FinalBy,
    };

    private static JsonObject Describe(ErasureParty party) => new()
    {
        ["id"] = party.Id,
        ["applied"] = party.Applied,
        ["files_left"] = party.FilesLeft,
        ["reachable"] = party.IsReachable,
    };

    private static string Database(HttpContext context)
    {
        string name = AdminEndpoint.Value(context, "db") ?? "default";
        return IngestRules.IsDatabaseName(name) ? name
            : throw new TsDbException(ErrorKind.Invalid, $"'{name}' cannot be a database");
    }

    private static ImmutableArray<TagCondition> Where(HttpContext context)
    {
        ImmutableArray<TagCondition> where = WhereText.Parse(AdminEndpoint.Value(context, "where") ?? "");
        bool isAll = AdminEndpoint.Value(context, "all_series") == "true";
        if (where.IsEmpty && !isAll)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                "no condition would erase every series of the table: say where=..., or all_series=true if "
                + "that is meant");
        }

        return !isAll || where.IsEmpty ? where
            : throw new TsDbException(
                ErrorKind.Invalid, "where=... and all_series=true contradict each other");
    }

    // A condition on a field would never hold; a tag that nobody knows may still come from an edge.
    private static string[] UnknownTags(
        TableId table, ImmutableArray<Column> columns, ImmutableArray<TagCondition> where)
    {
        HashSet<string> tags = [.. columns.Where(c => c.Role == ColumnRole.Tag).Select(c => c.Name)];
        string[] others = [.. where.Select(condition => condition.Tag).Where(tag => !tags.Contains(tag))];
        if (others.FirstOrDefault(name => columns.Any(c => c.Name == name)) is not { } field) return others;
        string names = tags.Count == 0 ? "none" : string.Join(", ", tags.Order(StringComparer.Ordinal));
        throw new TsDbException(
            ErrorKind.Invalid,
            $"'{field}' is a field of {table}, and points are erased by tags (it has {names})");
    }

    private static long Moment(string text)
    {
        bool isDay = text.Length == "2016-01-01".Length;
        if (Rfc3339.TryParse(isDay ? text + "T00:00:00Z" : text, out long nanoseconds)) return nanoseconds;
        bool isNumber = long.TryParse(
            text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number);
        return isNumber ? number
            : throw new TsDbException(
                ErrorKind.Invalid,
                $"'{text}' is no moment: use 2016-01-01, 2016-01-01T12:00:00Z, or nanoseconds since 1970");
    }

    // Nine digits, where the calendar goes that far.
    private static string MomentText(long nanoseconds)
    {
        long ticks = nanoseconds / TimeSpan.NanosecondsPerTick;
        if (nanoseconds % TimeSpan.NanosecondsPerTick < 0) ticks--;
        long rest = nanoseconds - (ticks * TimeSpan.NanosecondsPerTick);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddTicks(ticks):yyyy-MM-ddTHH:mm:ss.fffffff}{rest:00}Z");
    }
}
