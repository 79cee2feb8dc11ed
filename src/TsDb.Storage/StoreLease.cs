namespace TsDb.Storage;

/// <summary>
/// Holds one version of the store: the files it names stay in place until the lease is disposed.
/// </summary>
public sealed class StoreLease : IDisposable
{
    private Action<StoreLease>? _release;

    internal StoreLease(StoreVersion version, Action<StoreLease> release) =>
        (Version, _release) = (version, release);

    /// <summary>What is held.</summary>
    public StoreVersion Version { get; }

    /// <summary>Lets go of the version; the second call does nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke(this);
}
