using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using DuckDB.NET.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Isolation;
using TsDb.Query.Ports;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// The SQL engine: DuckDB in process. Every statement is checked by <see cref="StatementGuard"/>, then runs
/// alone in an in-memory database whose configuration is locked, under its own memory and time limit.
/// </summary>
public sealed class DuckDbEngine : ISqlEngine, IDisposable
{
    private readonly DuckDbOptions _options;
    private readonly ISqlParser _parser;
    private readonly TimeProvider _clock;
    private readonly InstancePool _pool;

    /// <summary>Creates the engine; databases are opened when statements come.</summary>
    public DuckDbEngine(
        DuckDbOptions options, ISqlParser parser, TimeProvider clock, ILogger? log = null)
    {
        (_options, _parser, _clock) = (options, parser, clock);
        _pool = new InstancePool(options, clock, log ?? NullLogger.Instance);
    }

    /// <inheritdoc/>
    public async Task<ISqlResult> ExecuteAsync(SqlRequest request, CancellationToken ct)
    {
        if (request.Sql.Length > _options.StatementCharsMax)
        {
            throw new TsDbException(
                ErrorKind.TooLarge, $"a statement can have up to {_options.StatementCharsMax} characters");
        }

        ct.ThrowIfCancellationRequested();
        QueryMemory memory = _options.Memory;
        long most = Math.Min(request.Limits.MemoryBytesMax, memory.LargeBytes);
        long small = Math.Min(most, memory.SmallBytes);
        if (await TryAsync(request, small, isLast: small == most, large: null, ct) is { } result)
            return result;
        return (await TryAsync(request, most, isLast: true, await _pool.RentLargeAsync(ct), ct))!;
    }

    /// <summary>What runs and waits in this engine.</summary>
    public QueryLoad Load => _pool.Load;

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();

    // Null if it needs more memory and this is not the last try. The large part is given back with the rest.
    private async Task<ISqlResult?> TryAsync(
        SqlRequest request, long bytesMax, bool isLast, IDisposable? large, CancellationToken ct)
    {
        DuckDbInstance instance;
        try
        {
            instance = await _pool.RentAsync(bytesMax, ct);
        }
        catch
        {
            large?.Dispose();
            throw;
        }

        RunningStatement running = new(instance, request.Limits.DurationMax, _clock, ct);
        bool isLeft = false;
        try
        {
            return await running.WaitAsync(
                instance.Thread.RunAsync(() => Start(request, instance, running, large)),
                work =>
                {
                    isLeft = true;
                    _pool.Leave(EndAsync(work, instance, running, large), request);
                });
        }
        catch (Exception error) when (!isLeft)
        {
            End(error, instance, running, large);
            if (!isLast && error is DuckDBException lacks && DuckDbErrors.IsMemory(lacks)) return null;
            Exception meaning = running.Explain(error);
            if (meaning != error) throw meaning;
            throw;
        }
    }

    // Nobody waits for it any more.
    private async Task EndAsync(
        Task<DuckDbResult> work, DuckDbInstance instance, RunningStatement running, IDisposable? large)
    {
        DuckDbResult result;
        try
        {
            result = await work;
        }
        catch (Exception error)
        {
            End(error, instance, running, large);
            return;
        }

        await result.DisposeAsync();
    }

    private void End(
        Exception error, DuckDbInstance instance, RunningStatement running, IDisposable? large)
    {
        running.Dispose();
        _pool.Return(
            instance, isDamaged: error is DuckDBException engine && DuckDbErrors.IsFatal(engine));
        large?.Dispose();
    }

    private DuckDbResult Start(
        SqlRequest request, DuckDbInstance instance, RunningStatement running, IDisposable? large)
    {
        JsonObject written = _parser.Parse(request.Sql);
        ImmutableArray<TableReference> references = StatementGuard.Check(written);
        JsonObject tree = LongConditions.Apply(written);
        string sql = ReferenceEquals(tree, written) ? request.Sql : _parser.Print(tree);
        RelationSetup setup = new(instance);
        DuckDBCommand? command = null;
        IArrowArrayStream? stream = null;
        try
        {
            command =
                instance.Command(setup.Prepare(sql, tree, Match(references, request.Relations)));
            running.ThrowIfStopped();
            stream = command.ExecuteArrowStream();

            // The first rows are made here: what a statement lacks it mostly lacks before they are there.
            RecordBatch? first = stream.ReadNextRecordBatchAsync(CancellationToken.None).AsTask()
                .GetAwaiter().GetResult();
            return new DuckDbResult(_pool, instance, setup, running, command, stream)
            {
                Request = request,
                First = first,
                Large = large,
            };
        }
        catch
        {
            // An interrupt that came during what follows would end that, and leave the transaction open.
            running.Dispose();
            stream?.Dispose();
            command?.Dispose();
            setup.Dispose();
            throw;
        }
    }

    // Names match exactly first, then without regard to case.
    private static List<(TableReference Reference, Relation Relation)> Match(
        ImmutableArray<TableReference> references, IReadOnlyList<Relation> relations)
    {
        List<(TableReference Reference, Relation Relation)> matched = [];
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (TableReference reference in references)
        {
            string name = reference.RelationName;
            Relation relation = relations.FirstOrDefault(relation => relation.Name == name)
                ?? relations.FirstOrDefault(r => r.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw new TsDbException(ErrorKind.NotFound, $"table not found: {name}");
            if (names.Add(name))
            {
                matched.Add((reference, relation));
            }
            else if (matched.All(pair => pair.Relation != relation))
            {
                throw new TsDbException(
                    ErrorKind.Invalid,
                    $"tables whose names differ only by case cannot meet in one statement: {name}");
            }
        }

        return matched;
    }
}
