using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>Why a leaf is not offered any more.</summary>
/// <param name="Reason">What the cloud said, or the disk.</param>
/// <param name="Epoch">The cluster's epoch then: at a later one it is offered again.</param>
public sealed record SetAside(string Reason, Epoch Epoch);
