using System.Globalization;
using System.Text.Json;

namespace TsDb.Conformance.Clients;

/// <summary>
/// The clients that people have, unchanged, against a real edge: what each does first, what it writes, and
/// what it makes of an error. Left out is collectd: of its writers one speaks line protocol, but over UDP,
/// and the others speak formats of their own, none of which an edge takes.
/// </summary>
public sealed class ClientTests(ClientEdge edge)
{
    private const string Conflict = "field type conflict: input field";

    private static string Text(JsonElement told, string name) => told.GetProperty(name).ToString();

    [Fact]
    public async Task Npm_influx_creates_a_database_writes_and_lists()
    {
        string[] address = (await edge.AddressAsync("http")).Split(':');
        JsonElement told = await edge.ScriptAsync("v1.js", address[0], address[1], "npm-v1");
        Assert.Equal(("True", "0.1.0"), (Text(told, "online"), Text(told, "version")));
        Assert.Contains(
            "npm-v1", told.GetProperty("names").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("[\"room\"]", Text(told, "measurements"));
        Assert.Contains(Conflict, Text(told, "conflict"), StringComparison.Ordinal);
        Assert.Contains("SQL at /api/v3/query_sql", Text(told, "select"), StringComparison.Ordinal);
        Assert.Equal(
            """[{"n":1000,"f":499750,"i":499500,"s":"say \"hi\" \\ ä","t":"a,b=9","""
                + "\"last\":\"2023-11-14T22:13:20.999Z\"}]",
            await edge.AskAsync(
                "npm-v1",
                "SELECT count(*) AS n, sum(f) AS f, sum(i)::BIGINT AS i, min(\"s s\") AS s, "
                    + "max(\"where at\") AS t, max(time) AS last FROM room"));
    }

    [Fact]
    public async Task Npm_influxdb_client_writes_every_type_and_precision_and_names_its_errors()
    {
        string address = await edge.AddressAsync("http");
        JsonElement told = await edge.ScriptAsync("v2.js", $"http://{address}", "npm-v2");
        Assert.Equal("0", Text(told, "written"));
        JsonElement[] failures = [.. told.GetProperty("failures").EnumerateArray()];
        Assert.Equal(2, failures.Length);
        Assert.Equal(("400", "invalid", "unable to parse 'bad v=': missing field value"),
            (Text(failures[0], "status"), Text(failures[0], "code"), Text(failures[0], "text")));
        Assert.Equal(("422", "unprocessable entity"),
            (Text(failures[1], "status"), Text(failures[1], "code")));
        Assert.Contains(Conflict, Text(failures[1], "text"), StringComparison.Ordinal);
        Assert.StartsWith("Flux is not understood here", Text(told, "flux"), StringComparison.Ordinal);
        Assert.Equal(
            """[{"n":1000,"f":499750,"i":-499500,"u":499500,"s":"say \"hi\" \\ and\nmore","""
                + """ "t":"a,b=9","k":"ä \"q\"","last":"2023-11-14T22:13:20.000000999Z"}]""".TrimStart(),
            await edge.AskAsync(
                "npm-v2",
                "SELECT count(*) AS n, sum(f) AS f, sum(i)::BIGINT AS i, sum(u)::BIGINT AS u, min(s) AS s, "
                    + "max(\"where\") AS t, min(kind) AS k, max(time) AS last FROM \"room one\""));
        Assert.Equal(
            """[{"time":"1970-01-01T00:28:20Z","p":"us"},{"time":"1970-01-20T16:13:20Z","p":"ms"},"""
                + """{"time":"2023-11-14T22:13:20Z","p":"s"}]""",
            await edge.AskAsync("npm-v2", "SELECT time, p FROM precisions ORDER BY time"));
        Assert.Contains("not found", await edge.AskAsync("npm-v2", "SELECT * FROM good"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Npm_influxdb3_client_writes_and_asks_over_one_address()
    {
        string address = await edge.AddressAsync("http");
        JsonElement told = await edge.ScriptAsync("v3.js", $"http://{address}", "npm-v3");
        Assert.Equal("0.1.0", Text(told, "version"));
        Assert.Equal("400 unable to parse 'room f=oops 2': invalid boolean", Text(told, "refused_false"));
        Assert.Equal(
            "400 partial write of line protocol occurred:\n\tline 2: invalid boolean (room f=oops 2)",
            Text(told, "refused_true"));
        string[] rows = [.. told.GetProperty("rows").EnumerateArray().Select(row => row.GetRawText())];
        Assert.Equal(13, rows.Length);
        Assert.Equal("""{"where":"a,b=3","n":100,"f":49825}""", rows[3]);
        Assert.Equal("""{"where":"y","n":1,"f":2}""", rows[11]);
        Assert.Equal("table not found: npm-v3.nowhere", Text(told, "nowhere"));
    }

    [Fact]
    public async Task Npm_mqtt_publishes_at_every_quality_of_service()
    {
        string address = await edge.AddressAsync("mqtt");
        await edge.ScriptAsync("mqtt.js", $"mqtt://{address}", "npm-mqtt");
        string rows = await edge.AskAsync(
            "npm-mqtt",
            "SELECT v, qos, count(*) AS n, sum(n)::BIGINT AS s FROM mq GROUP BY v, qos ORDER BY v, qos");
        Assert.Equal(
            "[" + string.Join(',', from v in new[] { 4, 5 }
                                   from qos in new[] { 0, 1, 2 }
                                   select $$"""{"v":"{{v}}","qos":"{{qos}}","n":10,"s":45}""") + "]",
            rows);
    }

    [Fact]
    public async Task Npm_sparkplug_client_is_born_reborn_after_a_gap_and_dies()
    {
        string address = await edge.AddressAsync("mqtt");
        JsonElement told = await edge.ScriptAsync("sparkplug.js", $"mqtt://{address}", "plant");
        Assert.Equal(("2", "1"), (Text(told, "births"), Text(told, "rebirths")));
        Assert.Equal(
            """[{"n":4,"level":12,"count":-7,"big":42,"label":"å","small":-3,"ratio":0.5}]""",
            await edge.AskAsync(
                "default",
                "SELECT count(*) AS n, sum(\"Level\") AS level, min(\"Count\") AS count, "
                    + "max(\"Big\") AS big, "
                    + "max(\"Label\") AS label, min(\"Small\") AS small, max(\"Ratio\") AS ratio "
                    + "FROM sparkplug WHERE \"group\" = 'plant' AND node = 'N1' AND device IS NULL"));
        Assert.Equal(
            """[{"time":"2023-11-14T22:13:20Z","Speed":10},{"time":"2023-11-14T22:13:20.5Z","Speed":11}]""",
            await edge.AskAsync(
                "default", "SELECT time, \"Speed\" FROM sparkplug WHERE device = 'D1' ORDER BY time"));

        // The will comes when the connection is seen to be gone.
        const string Deaths = "SELECT count(*)::BIGINT AS n FROM sparkplug_state WHERE NOT online";
        for (int i = 0; i < 200 && await edge.AskAsync("default", Deaths) != """[{"n":2}]"""; i++)
            await Task.Delay(
                TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal("""[{"n":2}]""", await edge.AskAsync("default", Deaths));
    }

    [Fact]
    public async Task Mosquitto_pub_publishes_lines_and_json()
    {
        string publisher = RunningProgram.Require("mosquitto_pub", "mosquitto-clients");
        string[] address = (await edge.AddressAsync("mqtt")).Split(':');
        foreach (string qos in new[] { "0", "1", "2" })
        {
            string lines = string.Concat(Enumerable.Range(0, 50).Select(
                i => string.Create(CultureInfo.InvariantCulture, $"m,qos={qos} v={i}i {i + 1}\n")));
            (int code, _, string errors) = await RunningProgram.RunAsync(
                publisher,
                ["-h", address[0], "-p", address[1], "-q", qos, "-l", "-t", "tsdb/write/mosquitto/s"], lines);
            Assert.True(code == 0, errors);
        }

        (int jsonCode, _, string jsonErrors) = await RunningProgram.RunAsync(
            publisher,
            ["-h", address[0], "-p", address[1], "-V", "mqttv5", "-q", "1", "-t", "sensors/roof/north",
                "-m", """{"temperature":21.5,"time":1700000000}"""]);
        Assert.True(jsonCode == 0, jsonErrors);

        // Nothing is acknowledged at QoS 0, but a clean end of the connection comes after its messages.
        Assert.Equal(
            """[{"qos":"0","n":50},{"qos":"1","n":50},{"qos":"2","n":50}]""",
            await edge.AskAsync("mosquitto", "SELECT qos, count(*) AS n FROM m GROUP BY qos ORDER BY qos"));
        Assert.Equal(
            """[{"sensor":"north","temperature":21.5}]""",
            await edge.AskAsync("default", "SELECT sensor, temperature FROM roof"));
    }

    [Fact]
    public async Task The_influx_shell_creates_inserts_imports_and_lists()
    {
        Assert.Equal("", await ShellAsync("-execute", "CREATE DATABASE \"shell db\""));
        string listed = await ShellAsync("-execute", "SHOW DATABASES", "-format", "csv");
        Assert.Contains("databases,shell db\n", listed, StringComparison.Ordinal);
        await ShellAsync("-database", "shell db", "-execute", "INSERT cpu,host=a v=1,t=\"x y\" 1000");
        Assert.Contains(Conflict,
            await ShellAsync("-database", "shell db", "-execute", "INSERT cpu,host=a v=\"text\""),
            StringComparison.Ordinal);
        string lines = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            lines,
            "# DDL\nCREATE DATABASE imported\n# DML\n# CONTEXT-DATABASE: imported\n"
                + "# CONTEXT-RETENTION-POLICY: autogen\ncpu,host=a v=1 1000\ncpu,host=b v=2 2000\n",
            TestContext.Current.CancellationToken);
        string said = await ShellAsync("-import", "-path", lines, "-precision", "ns");
        File.Delete(lines);
        Assert.Contains("Processed 2 inserts", said, StringComparison.Ordinal);
        Assert.Contains("Failed 0 inserts", said, StringComparison.Ordinal);
        Assert.Contains("cpu", await ShellAsync("-execute", "SHOW MEASUREMENTS ON imported"),
            StringComparison.Ordinal);
        Assert.Contains("autogen", await ShellAsync("-execute", "SHOW RETENTION POLICIES ON imported"),
            StringComparison.Ordinal);
        Assert.Contains("Version", await ShellAsync("-execute", "SHOW DIAGNOSTICS"),
            StringComparison.Ordinal);
        Assert.Contains("SQL at /api/v3/query_sql", await ShellAsync("-execute", "SELECT * FROM cpu"),
            StringComparison.Ordinal);
        Assert.Equal(
            """[{"host":"a","v":1},{"host":"b","v":2}]""",
            await edge.AskAsync("imported", "SELECT host, v FROM cpu ORDER BY host"));
        Assert.Equal(
            """[{"time":"1970-01-01T00:00:00.000001Z","host":"a","v":1,"t":"x y"}]""",
            await edge.AskAsync("shell db", "SELECT time, host, v, t FROM cpu"));
    }

    private async Task<string> ShellAsync(params string[] arguments)
    {
        string shell = RunningProgram.Require("influx", "influxdb-client");
        string[] address = (await edge.AddressAsync("http")).Split(':');
        (_, string output, string errors) = await RunningProgram.RunAsync(
            shell, ["-host", address[0], "-port", address[1], .. arguments]);
        return output + errors;
    }
}
