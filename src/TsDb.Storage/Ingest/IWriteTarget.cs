namespace TsDb.Storage.Ingest;

/// <summary>Where accepted points go: the edge's store, or a stand-in in tests.</summary>
public interface IWriteTarget
{
    /// <summary>The schemas after the last commit.</summary>
    SchemaCatalog Schemas { get; }

    /// <summary>
    /// Makes the request durable and visible, all of it or nothing; see <see cref="EdgeStore.CommitAsync"/>
    /// for what it throws.
    /// </summary>
    Task<CommitOutcome> CommitAsync(WriteRequest request, CancellationToken ct);
}
