using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// A thread, and with it those that DuckDB makes on it, that gets less of the processor than those that take
/// points while both want it. It runs DuckDB's blocking calls one after the other, so that a heavy query
/// takes no thread from the pool that serves requests. Deep statements recurse deeply in the parser, so it
/// has a large stack.
/// </summary>
internal sealed partial class QueryThread : IDisposable
{
    // Linux: a weight of a third. Threads inherit it from the thread that makes them.
    private const int Niceness = 5;
    private const int OfThread = 0;
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

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int niceness);

    private void Run()
    {
        // Where it is not allowed the query runs as everything else does.
        if (OperatingSystem.IsLinux()) _ = SetPriority(OfThread, 0, Niceness);
        foreach (Action call in _work.GetConsumingEnumerable()) call();
        _work.Dispose();
    }
}
