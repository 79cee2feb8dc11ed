using System.Runtime.ExceptionServices;
using TsDb.Storage.Ports;

namespace TsDb.Adapters.Disk;

/// <summary>
/// Runs blocking calls to the disk side by side. Syncs that wait together share the journal's commits, so
/// hundreds of files take as long as a few. On threads of its own, so that no other work waits.
/// </summary>
internal static class Together
{
    private const int AtOnce = 8;

    /// <summary>Returns when the call was made for every item; throws the worst of what went wrong.</summary>
    public static void Run<T>(IReadOnlyCollection<T> items, Action<T> call)
    {
        T[] all = [.. items];
        int next = -1;
        List<Exception> failures = [];
        Thread[] others = [.. Enumerable.Range(1, Math.Clamp(all.Length, 1, AtOnce) - 1).Select(
            _ => new Thread(Work) { IsBackground = true, Name = "tsdb-sync" })];
        foreach (Thread thread in others) thread.Start();
        Work();
        foreach (Thread thread in others) thread.Join();
        if (failures.Count == 0) return;
        ExceptionDispatchInfo.Throw(failures.Find(e => e is not DiskFullException) ?? failures[0]);

        void Work()
        {
            for (int at; (at = Interlocked.Increment(ref next)) < all.Length;)
            {
                try
                {
                    call(all[at]);
                }
                catch (Exception e)
                {
                    lock (failures) failures.Add(e);
                }
            }
        }
    }
}
