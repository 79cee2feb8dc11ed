namespace TsDb.Query.Distributed;

/// <summary>How many owners of a shard are asked what exists before one of them serves it.</summary>
public enum Consistency
{
    /// <summary>Any replica serves; whether it has all is not checked, and the coverage says so.</summary>
    One = 1,

    /// <summary>Enough owners that every leaf durable before the query is known to one of them.</summary>
    Quorum = 2,

    /// <summary>Every owner.</summary>
    All = 3,
}
