using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TsDb.Adapters.Hosting;
using TsDb.Model;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Http.Databases;

/// <summary>/api/v1/databases: what is kept how long, on both kinds of node.</summary>
public static class DatabaseEndpoints
{
    private const string Path = "/api/v1/databases";

    // There for whoever names none, also before its first point.
    private const string DatabaseDefault = "default";

    /// <summary>
    /// GET lists; POST ?name=... creates; PUT ?name=...[&amp;table=...]&amp;retention=7d (or <c>none</c>)
    /// sets, where there is such a database; DELETE ?name=... drops.
    /// </summary>
    public static void MapDatabases(
        this IEndpointRouteBuilder routes, AdminEndpoint admin, IDatabaseDesk desk)
    {
        admin.Map(routes, HttpMethods.Get, Path, _ => Task.FromResult<JsonNode>(Describe(desk)));
        admin.Map(routes, HttpMethods.Post, Path, async context =>
        {
            await desk.CreateAsync(Name(context), context.RequestAborted);
            return Describe(desk);
        });
        admin.Map(routes, HttpMethods.Put, Path, async context =>
        {
            string name = Name(context);
            string? table = AdminEndpoint.Value(context, "table");
            TimeSpan? kept = Retention(AdminEndpoint.Required(context, "retention"));
            IReadOnlyCollection<string>? tables = await desk.TablesAsync(name, context.RequestAborted);
            if (tables is null && name != DatabaseDefault)
            {
                throw new TsDbException(
                    ErrorKind.NotFound,
                    $"there is no database '{name}': 'tsdb databases create' makes one, or its first point");
            }

            await desk.SetAsync(name, table, kept, context.RequestAborted);
            JsonObject answer = Describe(desk);
            if (table is not null) answer["table_is_known"] = tables?.Contains(table) == true;
            return answer;
        });
        admin.Map(routes, HttpMethods.Delete, Path, async context =>
        {
            await desk.DropAsync(Name(context), context.RequestAborted);
            return Describe(desk);
        });
    }

    private static JsonObject Describe(IDatabaseDesk desk) => new()
    {
        ["kept_by"] = desk.Keeper,
        ["databases"] = new JsonArray([.. desk.All.Select(Describe)]),
    };

    private static JsonObject Describe(DatabaseSettings settings) => new()
    {
        ["name"] = settings.Name,
        ["retention"] = Text(settings.Retention),
        ["gone_before"] = Date(settings.HorizonNanoseconds),
        ["tables"] = new JsonArray([.. settings.Tables.Select(table => new JsonObject
        {
            ["name"] = table.Table,
            ["retention"] = Text(table.Retention),
            ["gone_before"] = Date(table.HorizonNanoseconds),
        })]),
    };

    private static string Name(HttpContext context)
    {
        string name = AdminEndpoint.Required(context, "name");
        return IngestRules.IsDatabaseName(name) ? name : throw new TsDbException(
            ErrorKind.Invalid, $"'{name}' cannot be a database: use up to 255 bytes, none of them control");
    }

    private static TimeSpan? Retention(string text)
    {
        if (text is "none" or "0" or "0s" or "inf" or "INF") return null;
        try
        {
            TimeSpan kept = DurationText.Parse(text);
            return kept >= TimeSpan.FromHours(1) ? kept : throw new TsDbException(
                ErrorKind.Invalid, "points are kept for an hour at least: whole days of them go at a time");
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new TsDbException(ErrorKind.Invalid, $"retention '{text}': use 7d, 36h, or none", e);
        }
    }

    private static string? Text(TimeSpan? kept) => kept switch
    {
        null => null,
        { } whole when whole.Ticks % TimeSpan.TicksPerDay == 0 =>
            string.Create(CultureInfo.InvariantCulture, $"{whole.TotalDays:0}d"),
        { } other => string.Create(CultureInfo.InvariantCulture, $"{other.TotalHours:0.##}h"),
    };

    private static string? Date(long horizon) =>
        horizon == DatabaseSettings.NoHorizon ? null : Day.Of(horizon).ToString();
}
