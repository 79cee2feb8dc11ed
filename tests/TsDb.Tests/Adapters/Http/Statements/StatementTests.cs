using System.Text.Json;
using TsDb.Adapters.Http.Statements;

namespace TsDb.Tests.Adapters.Http.Statements;

/// <summary>What clients of InfluxDB 1 ask before they write, and how it is answered.</summary>
public sealed class StatementTests
{
    [Theory]
    [InlineData("SHOW DATABASES", "[databases|name][a;b][used]")]
    [InlineData(" show\ndatabases ; ", "[databases|name][a;b][used]")]
    [InlineData("SHOW MEASUREMENTS ON used", "[measurements|name][cpu][mem usage]")]
    [InlineData("SHOW MEASUREMENTS ON \"used\" LIMIT 1 OFFSET 1", "[measurements|name][mem usage]")]
    [InlineData("SHOW MEASUREMENTS ON used WITH MEASUREMENT = \"cpu\"", "[measurements|name][cpu]")]
    [InlineData("SHOW MEASUREMENTS ON \"a;b\"", "")]
    [InlineData("SHOW MEASUREMENTS", "!database name required")]
    [InlineData("SHOW MEASUREMENTS ON nowhere", "!database not found: nowhere")]
    [InlineData("SHOW RETENTION POLICIES ON used",
        "[|name|duration|shardGroupDuration|replicaN|default][autogen|0s|24h0m0s|1|true]")]
    [InlineData("SHOW TAG KEYS ON used", "[cpu|tagKey][host][zone][mem usage|tagKey][host]")]
    [InlineData("SHOW TAG KEYS ON used FROM cpu", "[cpu|tagKey][host][zone]")]
    [InlineData("SHOW FIELD KEYS ON used FROM \"mem usage\"",
        "[mem usage|fieldKey|fieldType][b|boolean][f|float][i|integer][s|string][u|unsigned]")]
    [InlineData("SHOW USERS", "[|user|admin]")]
    [InlineData("CREATE DATABASE more", "")]
    [InlineData("create database \"my \\\"db\\\"\" WITH DURATION 1d REPLICATION 1 NAME \"x\"", "")]
    [InlineData("CREATE DATABASE", "!error parsing query: found EOF")]
    [InlineData("CREATE DATABASE a b", "!error parsing query: found b")]
    [InlineData("CREATE DATABASE \"unclosed", "!error parsing query: found \"unclosed")]
    [InlineData("CREATE DATABASE \"..\"", "!invalid name")]
    [InlineData("SELECT * FROM cpu",
        "!SELECT is not answered here: ask questions in SQL at /api/v3/query_sql")]
    [InlineData("DROP DATABASE used", "!DROP is not understood here")]
    [InlineData("SHOW SERIES ON used", "!SHOW SERIES is not understood here")]
    [InlineData("SHOW", "!SHOW EOF is not understood here")]
    [InlineData("{}", "!error parsing query: found {")]
    public async Task A_statement_has_its_result(string statement, string expected)
    {
        await using WriteServer server = await ServerAsync();
        using JsonDocument answer = await AskAsync(server, $"/query?q={Uri.EscapeDataString(statement)}");
        JsonElement result = Assert.Single(answer.RootElement.GetProperty("results").EnumerateArray());
        Assert.Equal(0, result.GetProperty("statement_id").GetInt32());
        if (expected.StartsWith('!')) Assert.StartsWith(expected, Text(result), StringComparison.Ordinal);
        else Assert.Equal(expected, Text(result));
    }

    [Fact]
    public async Task Diagnostics_name_the_build_and_the_process()
    {
        await using WriteServer server = await ServerAsync();
        using JsonDocument answer = await AskAsync(server, "/query?q=SHOW+DIAGNOSTICS");
        string text = Text(answer.RootElement.GetProperty("results")[0]);
        Assert.StartsWith("[build|Branch|Build Time|Commit|Version][|||0.1.0][system|PID|", text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statements_are_answered_in_order_or_each_by_itself_in_chunks()
    {
        await using WriteServer server = await ServerAsync();
        const string Two = "/query?q=CREATE+DATABASE+%22x%3By%22%3B+SHOW+RETENTION+POLICIES&db=used";
        using JsonDocument answer = await AskAsync(server, Two);
        Assert.Equal(2, answer.RootElement.GetProperty("results").GetArrayLength());
        string chunked = await server.Client.GetStringAsync(
            new Uri(Two + "&chunked=true&epoch=ns&chunk_size=1", UriKind.Relative),
            TestContext.Current.CancellationToken);
        string[] lines = chunked.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("{\"results\":[{\"statement_id\":0}]}", lines[0]);
        Assert.StartsWith("{\"results\":[{\"statement_id\":1,\"series\"", lines[1], StringComparison.Ordinal);
        Assert.Equal(2, lines.Length);
        string pretty = await server.Client.GetStringAsync(
            new Uri("/query?q=CREATE+DATABASE+x&pretty=true", UriKind.Relative),
            TestContext.Current.CancellationToken);
        Assert.Equal(
            "{\n    \"results\": [\n        {\n            \"statement_id\": 0\n        }\n    ]\n}\n",
            pretty);
    }

    [Fact]
    public async Task A_statement_can_come_in_a_form_or_in_a_file_of_a_form()
    {
        await using WriteServer server = await ServerAsync();
        using FormUrlEncodedContent form = new([new("q", "SHOW MEASUREMENTS"), new("db", "used")]);
        Assert.Contains("mem usage", (await server.PostAsync("/query?db=other", form)).Body,
            StringComparison.Ordinal);
        using MultipartFormDataContent file = new() { { new StringContent("SHOW DATABASES"), "q", "q.txt" } };
        Assert.Contains("a;b", (await server.PostAsync("/query", file)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public void The_parser_takes_any_text_in_linear_time()
    {
        string[] pieces =
            ["SHOW ", "CREATE DATABASE ", "\"", "\\", ";", "a", "=", "LIMIT 1 ", "ON ", "\0", "ä"];
        Random random = new(11);
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(
                Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            foreach (Statement statement in StatementParser.Parse(text, 100))
                Assert.True(statement.Kind != StatementKind.NotUnderstood || statement.Reason.Length > 0);
        }

        Assert.Empty(StatementParser.Parse(string.Concat(Enumerable.Repeat("SHOW USERS;", 101)), 100));
        Assert.Single(StatementParser.Parse(new string('"', 1 << 20), 100));
        Assert.Single(StatementParser.Parse(new string('(', 1 << 20), 100));
    }

    private static async Task<WriteServer> ServerAsync()
    {
        WriteServer server = await WriteServer.StartAsync();
        await server.PostAsync(
            "/write?db=used", "cpu,zone=z,host=h f=1 1\nmem\\ usage,host=h f=1,i=2i,u=3u,b=t,s=\"\" 1");
        await server.PostAsync("/query?q=CREATE%20DATABASE%20%22a%3Bb%22", "");
        return server;
    }

    private static async Task<JsonDocument> AskAsync(WriteServer server, string path) => JsonDocument.Parse(
        await server.Client.GetStringAsync(
            new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));

    /// <summary>[name|columns][row][row] for every series, or !error.</summary>
    private static string Text(JsonElement result)
    {
        if (result.TryGetProperty("error", out JsonElement error)) return "!" + error.GetString();
        if (!result.TryGetProperty("series", out JsonElement series)) return "";
        return string.Concat(series.EnumerateArray().Select(one =>
            $"[{(one.TryGetProperty("name", out JsonElement name) ? name.GetString() : "")}|"
            + string.Join('|', one.GetProperty("columns").EnumerateArray().Select(Word)) + "]"
            + (one.TryGetProperty("values", out JsonElement rows)
                ? string.Concat(rows.EnumerateArray().Select(
                    row => $"[{string.Join('|', row.EnumerateArray().Select(Word))}]"))
                : "")));
    }

    private static string Word(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
