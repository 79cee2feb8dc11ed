using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TsDb.Cli.Nodes;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration;

/// <summary>
/// What <c>tsdb</c> says, and with which exit code, where a node is of the wrong kind, has nothing to say or
/// does not answer; and how it ends when it is interrupted.
/// </summary>
public sealed class CommandTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verify_calls_nothing_equal_that_was_not_compared()
    {
        await using FakeNode edge = await EdgeAsync();
        await SaysAsync(2, "is an edge, --cloud wants a cloud node",
            "verify", "--url", edge.Url, "--cloud", edge.Url);
        await using FakeNode unfounded = await FakeNode.StartAsync(("/api/v1/status", () =>
            """{"id": "c1", "cluster": {"founded": false, "waiting_for": "c2 and c3"}, "members": []}"""));
        await SaysAsync(1, "not in a cluster yet: c2 and c3",
            "verify", "--url", edge.Url, "--cloud", unfounded.Url);
        await SaysAsync(2, "is a cloud node, --url wants an edge",
            "verify", "--url", unfounded.Url, "--cloud", unfounded.Url);

        string members = "";
        await using FakeNode cloud = await FakeNode.StartAsync(
            ("/api/v1/status", () =>
                $$"""{"id": "c1", "cluster": {"founded": true}, "members": [{{members}}]}"""),
            ("/api/v1/leaves", () =>
                """{"shards_owned": [0], "shard_count": 1, "horizons": {}, "cells": []}"""));
        string self = $$"""{"id": "c1", "address": "{{cloud.Address}}"}""";
        CommandLine nothing = await VerifyAsync(edge, cloud);
        Assert.Equal(1, nothing.ExitCode);
        Assert.Contains("nothing was compared", nothing.Output, StringComparison.Ordinal);

        // An edge that is new.
        members = self;
        CommandLine none = await VerifyAsync(edge, cloud);
        Assert.Equal(0, none.ExitCode);
        Assert.Contains("or none within retention", none.Output, StringComparison.Ordinal);

        // One that has more than it could ship so far, and one that ships nowhere.
        (string Status, string Says)[] behind =
        [
            ("""{"id": "e1", "buffer": {"rows": 1200}, "ship": {"state": "paused", "segments_pending": 1}}""",
                "on this edge only: 1 segment not cut yet, 1,200 rows in the buffer"),
            ("""{"id": "e1", "segments": {"count": 3}, "ship": {"state": "stand-alone"}}""",
                "on this edge only: 3 segments not cut yet"),
        ];
        foreach ((string status, string says) in behind)
        {
            await using FakeNode busy = await EdgeAsync(status);
            CommandLine part = await VerifyAsync(busy, cloud);
            Assert.Equal(0, part.ExitCode);
            Assert.Contains("equal as far as shipped: " + says, part.Output, StringComparison.Ordinal);
        }

        members = self + """, {"id": "c2", "address": "127.0.0.1:1"}""";
        CommandLine silent = await VerifyAsync(edge, cloud);
        Assert.Equal(1, silent.ExitCode);
        Assert.Matches(@"c2 .*does not answer", silent.Output);
        Assert.Matches(@"(?m)^not equal", silent.Output);
        Assert.Contains("c2: no answer from http://127.0.0.1:1", silent.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_leaves_out_what_retention_took_and_names_few_of_many_cells()
    {
        string hash = new('a', 64);
        string Cells(string table, int days) => string.Join(", ", Enumerable.Range(0, days).Select(
            day => $$"""
            {"database": "default", "table": "{{table}}", "day": {{day}},
             "incarnation": "00000000000000000000000000000001",
             "leaves": [{"ordinal": 1, "hash": "{{hash}}", "durable": true}]}
            """));
        await using FakeNode edge = await FakeNode.StartAsync(
            ("/api/v1/status", () => """{"id": "e1"}"""),
            ("/api/v1/leaves", () =>
                $$"""{"id": "e1", "cells": [{{Cells("own", 90)}}, {{Cells("m", 25)}}], "set_aside": []}"""));
        string members = "", there = Cells("m", 25);
        long day = Day.NanosecondsLength;
        await using FakeNode cloud = await FakeNode.StartAsync(
            ("/api/v1/status", () =>
                $$"""{"id": "c1", "cluster": {"founded": true}, "members": [{{members}}]}"""),
            ("/api/v1/leaves", () => $$"""
                {"shards_owned": [0], "shard_count": 1, "cells": [{{there}}],
                 "horizons": {"default": 0}, "table_horizons": {"default": {"own": {{90 * day}} } } }
                """));
        members = $$"""{"id": "c1", "address": "{{cloud.Address}}"}""";
        CommandLine equal = await VerifyAsync(edge, cloud);
        Assert.Equal(0, equal.ExitCode);
        Assert.Matches(@"c1 +\| +25 \| +90 \| .* equal", equal.Output);

        there = "";
        CommandLine lacking = await VerifyAsync(edge, cloud);
        Assert.Equal(1, lacking.ExitCode);
        Assert.Contains($"c1: default.m/e1/1970-01-01 lacks #1 {hash}\n", lacking.Output,
            StringComparison.Ordinal);
        Assert.Equal(20, lacking.Output.Split('\n').Count(
            line => line.StartsWith("c1: ", StringComparison.Ordinal)));
        Assert.Contains("and 5 more", lacking.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_say_which_kind_of_node_they_want()
    {
        await using FakeNode edge = await EdgeAsync();
        await using FakeNode unfounded = await FakeNode.StartAsync(("/api/v1/status", () =>
            """{"id": "c1", "cluster": {"founded": false, "waiting_for": "c2 and c3"}, "members": []}"""));
        foreach (string[] command in (string[][])[["cluster"], ["shards"], ["cluster", "leave", "c1"]])
        {
            await SaysAsync(2, "is an edge", [.. command, "--url", edge.Url]);
            await SaysAsync(1, "not in a cluster yet: c2 and c3", [.. command, "--url", unfounded.Url]);
        }

        await SaysAsync(2, "wants an edge", "ship", "status", "--url", unfounded.Url);
        await SaysAsync(2, "node", "cluster", "leave", "--url", unfounded.Url);
        await SaysAsync(2, "'x' is no number of a tombstone", "delete", "lift", "x", "--url", edge.Url);
        await SaysAsync(2, "name of the database is empty", "databases", "create", "", "--url", edge.Url);
    }

    [Fact]
    public async Task What_few_copies_cost_and_how_old_an_edges_word_is_are_said()
    {
        await using FakeNode cloud = await FakeNode.StartAsync(
            ("/api/v1/status", () => """
                {"id": "c1", "members": [], "cluster": {"founded": true, "replication": 5, "replicas": 1,
                    "write_quorum": 1, "read_quorum": 1},
                 "edges": [{"id": "e1", "online": false, "lag": 6696720.85,
                    "ship": {"told_seconds_ago": 75.2}}]}
                """),
            ("/api/v1/shards", () => """
                {"shards": 64, "under_replicated": 0, "moving": 0, "replication": 5, "replicas": 1,
                 "list": []}
                """),
            ("/api/v1/cluster/set", () => """
                {"members": ["c1"], "replication": 3, "replicas": 3, "write_quorum": 1, "read_quorum": 3}
                """));
        CommandLine shards = await CommandLine.RunAsync("shards", "--url", cloud.Url);
        Assert.Contains("5 copies are asked for, 1 can be", shards.Output, StringComparison.Ordinal);
        CommandLine status = await CommandLine.RunAsync("status", "--url", cloud.Url);
        Assert.Matches(@"e1 .* 75 s ago ", status.Output);
        Assert.DoesNotContain("6696720", status.Output, StringComparison.Ordinal);
        CommandLine set = await CommandLine.RunAsync(
            "cluster", "set", "--write-quorum", "1", "--url", cloud.Url);
        Assert.Matches(@"owners that a quorum question needs\s+\| 3 of 3", set.Output);
        Assert.Contains("a quorum question needs 3 of 3 owners", set.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_answers_nothing_is_given_up_by_name_and_one_that_is_slow_is_not()
    {
        using TcpListener frozen = Frozen();
        string url = $"http://{frozen.LocalEndpoint}";
        using NodeClient client = new(url)
        {
            SilenceMax = TimeSpan.FromMilliseconds(50), PingWithin = TimeSpan.FromMilliseconds(50),
        };
        TsDbException said = await Assert.ThrowsAsync<TsDbException>(
            () => client.GetJsonAsync("/api/v1/status", Ct));
        Assert.Equal(ErrorKind.Unavailable, said.Kind);
        Assert.Contains(url, said.Message, StringComparison.Ordinal);

        // Its answer waits until it has been asked whether it lives.
        using ManualResetEventSlim asked = new();
        await using FakeNode slow = await FakeNode.StartAsync(
            ("/slow", () =>
            {
                asked.Wait(Ct);
                return """{"n": 1}""";
            }),
            ("/ping", () =>
            {
                asked.Set();
                return "";
            }));
        using NodeClient patient = new(slow.Url) { SilenceMax = TimeSpan.FromMilliseconds(50) };
        Assert.Equal(1, (await patient.GetJsonAsync("/slow", Ct))["n"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("INT", 130, "verify")]
    [InlineData("TERM", 143, "verify")]
    [InlineData("INT", 130, "cluster")]
    [InlineData("INT", 130, "query", "SELECT 1")]
    [InlineData("TERM", 143, "query", "SELECT 1")]
    public async Task An_interrupted_command_ends_with_its_signals_code_and_without_a_trace(
        string signal, int exitCode, params string[] command)
    {
        using TcpListener frozen = Frozen();
        TcpClient? held = null;
        CommandLine ended = await CommandLine.RunAsync(
            async process =>
            {
                held = await frozen.AcceptTcpClientAsync(Ct);
                using Process kill = Process.Start("kill", [$"-{signal}", $"{process}"]);
                await kill.WaitForExitAsync(Ct);
            },
            [.. command, "--url", $"http://{frozen.LocalEndpoint}"]);
        held?.Dispose();
        Assert.Equal((exitCode, "tsdb: interrupted\n"), (ended.ExitCode, ended.Errors));
    }

    private static Task<FakeNode> EdgeAsync(string status = """{"id": "e1"}""") => FakeNode.StartAsync(
        ("/api/v1/status", () => status),
        ("/api/v1/leaves", () => """{"id": "e1", "cells": [], "set_aside": []}"""));

    // The system takes connections for it; nobody answers.
    private static TcpListener Frozen()
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static Task<CommandLine> VerifyAsync(FakeNode edge, FakeNode cloud) =>
        CommandLine.RunAsync("verify", "--url", edge.Url, "--cloud", cloud.Url);

    private static async Task SaysAsync(int exitCode, string words, params string[] arguments)
    {
        CommandLine said = await CommandLine.RunAsync(arguments);
        Assert.Equal((exitCode, ""), (said.ExitCode, said.Output));
        Assert.Contains(words, said.Errors, StringComparison.Ordinal);
    }
}
