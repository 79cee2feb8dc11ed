using Microsoft.Extensions.Logging;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>Log messages of receiving and storing.</summary>
internal static partial class Log
{
    [LoggerMessage(4101, LogLevel.Warning, "Leaf {Leaf} is lost here and has to be fetched again: {Reason}")]
    public static partial void LeafLost(ILogger log, Leaf leaf, string reason);

    [LoggerMessage(4102, LogLevel.Error, "Leaf {Leaf} could not be stored")]
    public static partial void StoreFailed(ILogger log, Leaf leaf, Exception error);

    [LoggerMessage(4103, LogLevel.Error, "The catalog of leaves is damaged and was set aside: this node recovers")]
    public static partial void CatalogDamaged(ILogger log, Exception error);

    [LoggerMessage(4104, LogLevel.Error, "The catalog of leaves could not be written")]
    public static partial void CatalogFailed(ILogger log, Exception error);
}
