using System.Collections.Concurrent;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// A thread that runs DuckDB's blocking calls one after the other, so that a heavy query takes no thread from
/// the pool that serves requests. Deep statements recurse deeply in the parser, so it has a large stack.
/// </summary>
internal sealed class QueryThread : IDisposable
{
    private const int StackBytes = 16 << 20;

    // One statement has at most one call under way, and one that ends it.
    private const int QueueMax = 4;

    private readonly BlockingCollection<Action> _work = new(QueueMax);

    public QueryThread(string name)
    {
        Thread thread = new(Run, StackBytes) { IsBackground = true, Name = name };
        thread.Start();
    }

    /// <summary>Runs the call on the thread; its exception is the task's.</summary>
    public Task<T> RunAsync<T>(Func<T> call)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(call());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        return done.Task;
    }

    /// <summary>Lets the thread end after the calls that wait.</summary>
    public void Dispose() => _work.CompleteAdding();

    private void Run()
    {
        foreach (Action call in _work.GetConsumingEnumerable()) call();
        _work.Dispose();
    }
}
