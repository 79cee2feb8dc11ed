using System.Diagnostics;
using System.Text;
using TsDb.Integration.Fleets;

namespace TsDb.Integration.Shell;

/// <summary><c>tsdb shell</c> as somebody at a terminal sees it, through a pseudo terminal, and from a
/// pipe.</summary>
public sealed class ShellTests(SharedEdge shared) : IClassFixture<SharedEdge>
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_terminal_has_completion_history_commands_a_chart_and_cancels()
    {
        LoneEdge edge = shared.Edge;
        Assert.Equal(204, (await edge.PostAsync(
            "/write?db=default",
            "shelltest,host=a v=1i 1700000000000000000\nshelltest,host=a v=3i 1700000060000000000")).Status);
        using Terminal terminal = Terminal.Start(shared.Folder, "shell", "--url", edge.Url);
        await terminal.SeeAsync("default> ");
        await terminal.TypeAsync("\\d\r", "shelltest", "complete");
        await terminal.TypeAsync(
            "select sum(v) as s,\rcount(*) as n from shell\t;\r", "4 | 2", "1 edge, complete");
        await terminal.TypeAsync("\e[A\r", "4 | 2", "complete");
        await terminal.TypeAsync("\\f chart\r", "format chart");
        await terminal.TypeAsync("select time, v from shelltest;\r", "2023-11-14 22:13:20", "complete");
        await terminal.TypeAsync("\\f table\r", "format table");
        await terminal.TypeAsync(
            "select count(*) from range(1000000000) a, range(1000000) b where a.range % 7 = b.range % 11;\r");
        await terminal.TypeAsync("\u0003", "cancelled", "default> ");
        await terminal.TypeAsync("\\nonsense\r", "no command of the shell");
        await terminal.TypeAsync("\\q\r");
        Assert.Equal(0, await terminal.ExitAsync());
    }

    [Fact]
    public async Task Statements_from_a_pipe_run_one_after_the_other_and_a_failure_is_the_exit_code()
    {
        LoneEdge edge = shared.Edge;
        ProcessStartInfo start = new(TsDb.Cli.Demo.Programs.Find("tsdb")[0])
        {
            ArgumentList = { "shell", "--url", edge.Url, "--format", "csv" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process shell = Process.Start(start)!;
        await shell.StandardInput.WriteAsync(
            "SELECT 1 AS a,\n 2 AS b;\nSELECT nothing;\nSELECT 3 AS c; SELECT 4 AS d;\n"
            + "\\c nosuch\nSELECT 5 AS e;\n");
        shell.StandardInput.Close();
        CancellationToken ct = TestContext.Current.CancellationToken;
        Task<string> errors = shell.StandardError.ReadToEndAsync(ct);
        Assert.Equal("a,b\n1,2\nc\n3\nd\n4\ne\n5\n", await shell.StandardOutput.ReadToEndAsync(ct));
        Assert.Contains("nothing", await errors, StringComparison.Ordinal);
        Assert.Contains("nosuch", await errors, StringComparison.Ordinal);
        await shell.WaitForExitAsync(ct);
        Assert.Equal(1, shell.ExitCode);
    }

    // The program "script" gives its child a terminal and passes on what it is given.
    private sealed class Terminal : IDisposable
    {
        private readonly Process _process;
        private readonly StringBuilder _seen = new();
        private readonly byte[] _piece = new byte[4_096];
        private Task<int>? _reading;

        private Terminal(Process process) => _process = process;

        public static Terminal Start(string folder, params string[] arguments)
        {
            string command = string.Join(' ', TsDb.Cli.Demo.Programs.Find("tsdb").Concat(arguments));
            ProcessStartInfo start = new("script")
            {
                ArgumentList = { "-qec", command, "/dev/null" },
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            start.Environment["TERM"] = "xterm-256color";
            start.Environment["XDG_STATE_HOME"] = folder;
            return new Terminal(Process.Start(start)!);
        }

        public async Task TypeAsync(string keys, params string[] expected)
        {
            _seen.Clear();
            byte[] bytes = Encoding.UTF8.GetBytes(keys);
            await _process.StandardInput.BaseStream.WriteAsync(bytes, TestContext.Current.CancellationToken);
            await _process.StandardInput.BaseStream.FlushAsync(TestContext.Current.CancellationToken);
            await SeeAsync(expected);
        }

        public async Task SeeAsync(params string[] expected)
        {
            using CancellationTokenSource patience =
                CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            patience.CancelAfter(AnswerWithin);
            while (!expected.All(text => _seen.ToString().Contains(text, StringComparison.Ordinal)))
            {
                _reading ??= _process.StandardOutput.BaseStream.ReadAsync(
                    _piece, CancellationToken.None).AsTask();
                try
                {
                    int read = await _reading.WaitAsync(patience.Token);
                    _reading = null;
                    Assert.True(read > 0, $"the shell ended: {_seen}");
                    _seen.Append(Encoding.UTF8.GetString(_piece, 0, read));
                }
                catch (OperationCanceledException)
                {
                    Assert.Fail($"not seen: {string.Join(", ", expected)}; but: {_seen}");
                }
            }
        }

        public async Task<int> ExitAsync()
        {
            await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(AnswerWithin);
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            _process.Dispose();
        }
    }
}
