namespace TsDb.Adapters.Mqtt.Cloud;

/// <summary>
/// Topic filters that end in a plus sign or have no wildcard, for messages that are taken in process.
/// Immutable.
/// </summary>
internal sealed class FilterSet(IReadOnlyCollection<string> filters)
{
    private readonly HashSet<string> _filters = new(filters, StringComparer.Ordinal);

    /// <summary>The filters.</summary>
    public IReadOnlyCollection<string> All => _filters;

    /// <summary>True if the topic matches one of them.</summary>
    public bool Matches(string topic)
    {
        int slash = topic.LastIndexOf('/');
        return _filters.Contains(topic)
            || (slash >= 0 && _filters.Contains(string.Concat(topic.AsSpan(0, slash), "/+")));
    }
}
