using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;

namespace TsDb.Storage;

/// <summary>The points of one edge: write-ahead log, hot buffer, segments and catalog in one data directory.</summary>
public sealed class EdgeStore : IAsyncDisposable
{
    private EdgeStore()
    {
    }

    /// <summary>Raised after the set of segments or leaves changed (seal, cut, expiry), on the thread that changed it.</summary>
    public event Action? SegmentsChanged;

    /// <summary>Set when the store can no longer promise anything (a log file could not be cut): the process should exit.</summary>
    public Task Fault => throw new NotImplementedException();

    /// <summary>The id of this edge.</summary>
    public EdgeId Id => throw new NotImplementedException();

    /// <summary>The incarnation that new segments belong to.</summary>
    public Incarnation Incarnation => throw new NotImplementedException();

    /// <summary>The schemas after the last commit.</summary>
    public SchemaCatalog Schemas => throw new NotImplementedException();

    /// <summary>Figures of this moment.</summary>
    public StoreStats Stats => throw new NotImplementedException();

    /// <summary>
    /// Opens the store of a directory: reads the identity, replays catalog and log, removes orphan files. Throws
    /// <see cref="ErrorKind.Conflict"/> for another edge's directory, <see cref="ErrorKind.Corrupt"/> for damaged bytes.
    /// </summary>
    public static EdgeStore Open(IDisk disk, EdgeStoreOptions options, StoreEnvironment env) =>
        throw new NotImplementedException();

    /// <summary>
    /// Makes the request durable and visible, all of it or nothing. Throws <see cref="ErrorKind.Unavailable"/> with
    /// RetryAfter when there is no room or the disk failed, <see cref="ErrorKind.Closed"/> after disposal. Cancelling
    /// stops the waiting; what is already with the writer may still be committed.
    /// </summary>
    public Task<CommitOutcome> CommitAsync(WriteRequest request, CancellationToken ct) =>
        throw new NotImplementedException();

    /// <summary>Takes hold of the current version.</summary>
    public StoreLease Acquire() => throw new NotImplementedException();

    /// <summary>Seals everything committed before the call; completes when it lies in segments.</summary>
    public Task FlushAsync(CancellationToken ct) => throw new NotImplementedException();

    /// <summary>
    /// Writes a record to the catalog (one fsync), then swaps in the version that it makes. Blocks for the fsync. Files
    /// that the record adds must be in place and synced; files that it drops are deleted when no lease needs them.
    /// The record is made by <paramref name="decide"/> from the state it will apply to; null changes nothing.
    /// </summary>
    public CatalogState ChangeCatalog(Func<CatalogState, CatalogRecord?> decide)
    {
        SegmentsChanged?.Invoke();
        throw new NotImplementedException();
    }

    /// <summary>Begins a new incarnation (the cloud knows ordinals that this directory does not).</summary>
    public Incarnation RenewIncarnation() => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
