using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Storage.Ports;

/// <summary>What cutting and shipping need of the edge's store. Calls block for their fsync.</summary>
public interface IShipCatalog
{
    /// <summary>The settings of databases.</summary>
    Databases.DatabaseBook Databases { get; }

    /// <summary>What is erased.</summary>
    Erasure.TombstoneBook Tombstones { get; }

    /// <summary>Segments and ledger at this moment.</summary>
    CatalogState Catalog { get; }

    /// <summary>The incarnation that new cuts belong to.</summary>
    Incarnation Incarnation { get; }

    /// <summary>
    /// Writes the record that <paramref name="decide"/> makes of the state it will apply to (null: none),
    /// synced, and returns the state afterwards.
    /// </summary>
    CatalogState ChangeCatalog(Func<CatalogState, CatalogRecord?> decide);

    /// <summary>Begins a new incarnation and returns it once it would survive a crash.</summary>
    Incarnation RenewIncarnation();
}
