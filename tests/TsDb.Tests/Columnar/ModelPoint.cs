namespace TsDb.Tests.Columnar;

/// <summary>
/// A point as a test thinks of it: tag values by tag name, field values (double, long, ulong, bool, string)
/// by field name.
/// </summary>
public sealed record ModelPoint(
    IReadOnlyDictionary<string, string> Tags, long Time, IReadOnlyDictionary<string, object> Fields)
{
    /// <summary>The key as text: present tags by name, then the time.</summary>
    public string Key => string.Join(
        '\u0001',
            Tags.OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => $"{t.Key}\u0002{t.Value}")) + '\u0003' + Time;
}
