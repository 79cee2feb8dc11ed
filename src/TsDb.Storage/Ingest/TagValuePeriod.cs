using System.Collections.Concurrent;
using TsDb.Model;

namespace TsDb.Storage.Ingest;

/// <summary>
/// The tag values and series of committed points since one moment, as hashes. Requests look; after their
/// commit they add what was new, one at a time.
/// </summary>
internal sealed class TagValuePeriod(long startNanoseconds)
{
    /// <summary>Known series only spare work: beyond so many they are forgotten.</summary>
    private const int SeriesMax = 4_000_000;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<(TableId Table, string Tag), TagValueSet> _tags = new();
    private TagValueSet _series = new();
    private long _total;

    public long StartNanoseconds { get; } = startNanoseconds;

    /// <summary>Values of all tags of all tables.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary>Values of the tag that has most.</summary>
    public int Largest => _tags.IsEmpty ? 0 : _tags.Values.Max(values => values.Count);

    /// <summary>True if all tag values of the series are known.</summary>
    public bool KnowsSeries(ulong hash) => Volatile.Read(ref _series).Contains(hash);

    /// <summary>The values of a tag; null if there is none yet.</summary>
    public TagValueSet? Find(TableId table, string tag) => _tags.GetValueOrDefault((table, tag));

    /// <summary>Takes in what a committed request brought.</summary>
    public void Learn(NewTagValues news)
    {
        lock (_gate)
        {
            foreach ((string tag, ulong value) in news.Values)
                if (_tags.GetOrAdd((news.Table, tag), _ => new TagValueSet()).Add(value)) _total++;
            if (_series.Count + news.Series.Count > SeriesMax) Volatile.Write(ref _series, new TagValueSet());
            foreach (ulong series in news.Series) _series.Add(series);
        }
    }
}
