using System.Globalization;
using TsDb.Cli.Commands;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;
using TsDb.Model;

namespace TsDb.Cli.Shell;

/// <summary>One run of the shell: reads, asks, prints, until the user leaves.</summary>
internal sealed class ShellSession
{
    private static readonly TimeSpan LookForKeysEvery = TimeSpan.FromMilliseconds(50);

    private readonly NodeClient _node;
    private readonly ShellState _state;
    private readonly ShellCommands _commands;
    private readonly History _history;
    private readonly Completion _completion = new();
    private readonly bool _isTerminal;
    private string _completesFor = "";

    /// <param name="node">The node that is asked.</param>
    /// <param name="call">Database and options of the questions.</param>
    /// <param name="isTerminal">True if somebody sits there; else statements come from a pipe or
    /// file.</param>
    public ShellSession(NodeClient node, QueryCall call, bool isTerminal)
    {
        (_node, _isTerminal) = (node, isTerminal);
        _state = new ShellState(call) { HasTiming = isTerminal };
        _history = History.Open(isTerminal ? History.DefaultPath() : null);
        _commands = new ShellCommands(
            _state, _history, one => AskAsync(one, CancellationToken.None), CheckAsync);
    }

    /// <summary>Runs to its end; false if a statement from a pipe or file failed.</summary>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        if (!_isTerminal) return await RunAllAsync(Console.In, ct);
        Console.TreatControlCAsInput = true;
        Console.WriteLine("\\? for help");
        LineEditor editor = new(_history, _completion, () => $"{_state.Call.Database}> ");
        while (!_state.IsOver && !ct.IsCancellationRequested)
        {
            await LearnNamesAsync();
            if (editor.Read() is not { } text) break;
            await RunOneAsync(text, ct);
        }

        return true;
    }

    private async Task<bool> RunAllAsync(TextReader reader, CancellationToken ct)
    {
        string statement = "";
        bool isFine = true;
        while (!_state.IsOver && await reader.ReadLineAsync(ct) is { } line)
        {
            statement = statement.Length == 0 ? line : $"{statement}\n{line}";
            if (!StatementEnd.IsWhole(statement)) continue;
            isFine &= await RunOneAsync(statement, ct);
            statement = "";
        }

        if (statement.Trim().Length > 0) isFine &= await RunOneAsync(statement, ct);
        return isFine;
    }

    // False if it failed; the reason is said.
    private async Task<bool> RunOneAsync(string text, CancellationToken ct)
    {
        if (text.Trim().Length == 0) return true;
        try
        {
            if (text.TrimStart().StartsWith("\\i ", StringComparison.Ordinal))
            {
                using StreamReader file = new(text.Trim()[2..].Trim());
                return await RunAllAsync(file, ct);
            }

            if (StatementEnd.IsCommand(text))
            {
                await _commands.RunAsync(text);
                return true;
            }

            // After one that fails the rest would rest on what is not there.
            foreach (string statement in StatementEnd.Statements(text))
                await AskAsync(_state.Call with { Sql = statement }, ct);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("cancelled");
        }
        catch (Exception e) when (e is TsDbException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
        }

        return false;
    }

    private async Task AskAsync(QueryCall call, CancellationToken ct)
    {
        long started = TimeProvider.System.GetTimestamp();
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task<string?> asking = AnswerAsync(call, cancel.Token);
        while (_isTerminal && !asking.IsCompleted)
        {
            await Task.WhenAny(asking, Task.Delay(LookForKeysEvery, TimeProvider.System, cancel.Token));
            while (Console.KeyAvailable)
            {
                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                if (key.Key == ConsoleKey.C && key.Modifiers.HasFlag(ConsoleModifiers.Control))
                    await cancel.CancelAsync();
            }
        }

        string? coverage = await asking;
        if (!_state.HasTiming) return;
        double took = TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
        string rests = coverage is null ? "" : CoverageText.Summary(coverage);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{took:0.0} ms{rests}"));
    }

    private async Task CheckAsync(QueryCall call) =>
        (await _node.QueryAsync(call, CancellationToken.None)).Dispose();

    private async Task<string?> AnswerAsync(QueryCall call, CancellationToken ct)
    {
        if (_state.OutputPath is null)
        {
            if (_isTerminal && call.Format is "arrow" or "parquet")
            {
                throw new TsDbException(
                    ErrorKind.Invalid, $"{call.Format} is not for a terminal: say \\o FILE first");
            }

            return await QueryCommand.RunAsync(_node, call, Console.OpenStandardOutput(), ct);
        }

        await using FileStream file = File.Create(_state.OutputPath);
        return await QueryCommand.RunAsync(_node, call, file, ct);
    }

    // What Tab offers: asked again after a change of the database. Without an answer there is less to offer.
    private async Task LearnNamesAsync()
    {
        if (_completesFor == _state.Call.Database) return;
        _completesFor = _state.Call.Database;
        try
        {
            _completion.Databases = await NamesAsync("SHOW DATABASES", 0);
            const string columns = "SELECT table_name, column_name FROM information_schema.columns";
            _completion.Tables = await NamesAsync(columns, 0);
            _completion.Columns = await NamesAsync(columns, 1);
        }
        catch (TsDbException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
        }
    }

    private async Task<IReadOnlyCollection<string>> NamesAsync(string sql, int column)
    {
        QueryCall call = new(_state.Call.Database, sql, "csv");
        using HttpResponseMessage answer = await _node.QueryAsync(call, CancellationToken.None);
        using StreamReader reader = new(await answer.Content.ReadAsStreamAsync());
        SortedSet<string> names = new(StringComparer.Ordinal);
        bool isHeader = true;
        await foreach (string[] record in CsvRows.ReadAsync(reader))
        {
            if (!isHeader) names.Add(record[column]);
            isHeader = false;
        }

        return names;
    }
}
