namespace TsDb.Integration.Fleets;

/// <summary>One edge without an uplink for all tests of a class, which write to databases of their
/// own.</summary>
public sealed class SharedEdge : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tsdb-shared-");
    private LoneEdge? _edge;

    /// <summary>A folder for files of tests, which goes with the edge.</summary>
    public string Folder => _folder.FullName;

    internal LoneEdge Edge => _edge ?? throw new InvalidOperationException("the edge was not started");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _edge = await LoneEdge.StartAsync(Folder);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_edge is not null) await _edge.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
