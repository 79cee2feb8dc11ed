namespace TsDb.Load.Shipping;

/// <summary>What a process needs that holds many edges instead of one.</summary>
internal static class ManyEdges
{
    private const int Threads = 64;
    private const int EndingMax = 8;

    /// <summary>
    /// Threads for shipping loops that block on their disks: beyond the processors the pool adds two a
    /// second, so a hundred edges would wait for threads and not for each other.
    /// </summary>
    public static void MakeRoom() => ThreadPool.SetMinThreads(Threads, Threads);

    /// <summary>
    /// Ends edges, a few at a time: each keeps a thread while its writer, which is woken by another one of
    /// the pool, comes to its end.
    /// </summary>
    public static Task EndAsync(IEnumerable<IAsyncDisposable> edges) => Parallel.ForEachAsync(
        edges,
        new ParallelOptions { MaxDegreeOfParallelism = EndingMax },
        async (edge, _) => await edge.DisposeAsync());
}
