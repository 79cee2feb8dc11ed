namespace TsDb.Storage.Catalog;

/// <summary>
/// One change of the catalog: written and synced as one, then applied as one. A closed set; each kind has its own name
/// on disk (FORMAT.md beside this file).
/// </summary>
public abstract record CatalogRecord;
