namespace TsDb.Storage.Catalog;

/// <summary>What became of the bytes of a leaf here. The numbers are part of the catalog's format.</summary>
public enum LeafPresence
{
    /// <summary>The cut file lies here as it was cut.</summary>
    Present = 1,

    /// <summary>Its rows lie here in a compacted file; the bytes of the cut do not.</summary>
    Compacted = 2,

    /// <summary>Retention dropped the rows here.</summary>
    Expired = 3,

    /// <summary>The rows were erased on request.</summary>
    Erased = 4,

    /// <summary>The cloud has another leaf of this ordinal; the rows were, or will be, cut anew.</summary>
    Forked = 5,
}
