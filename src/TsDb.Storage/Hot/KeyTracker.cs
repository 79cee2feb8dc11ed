using System.IO.Hashing;
using Apache.Arrow;
using TsDb.Columnar;

namespace TsDb.Storage.Hot;

/// <summary>
/// Knows whether any (tags, time) repeats in the hot rows of a table: as long as the points of each series
/// come in rising order of time, none does. It may say "perhaps" where none repeats (late points, equal
/// hashes), never the opposite, so that a query may leave out the merge. Used by the writer's thread only.
/// </summary>
internal sealed class KeyTracker
{
    private readonly Dictionary<ulong, long> _all = [];
    private Dictionary<ulong, long>? _open;
    private ulong[] _hashes = [];
    private bool _allUnique = true;
    private bool _openUnique = true;

    /// <summary>Takes note of a batch and answers for all batches so far.</summary>
    public KeyUniqueness Add(TableBatch batch)
    {
        if (!_allUnique && (_open is null || !_openUnique)) return Known();
        if (_hashes.Length < batch.Series.Length) _hashes = new ulong[batch.Series.Length];
        Span<ulong> hashes = _hashes.AsSpan(0, batch.Series.Length);
        HashSeries(batch.Series, hashes);
        if (_allUnique) _allUnique = Note(_all, batch, hashes);
        if (_open is not null && _openUnique) _openUnique = Note(_open, batch, hashes);
        return Known();
    }

    /// <summary>From now on batches belong behind the seal in hand.</summary>
    public void Freeze() => (_open, _openUnique) = ([], true);

    /// <summary>The tracker of what is left after the seal.</summary>
    public KeyTracker Thaw()
    {
        if (_open is null) return this;
        KeyTracker rest = new() { _allUnique = _openUnique };
        foreach ((ulong series, long time) in _open) rest._all.Add(series, time);
        return rest;
    }

    private KeyUniqueness Known() => new(_open is null ? _allUnique : _openUnique, _allUnique);

    private static bool Note(Dictionary<ulong, long> newest, TableBatch batch, ReadOnlySpan<ulong> hashes)
    {
        ReadOnlySpan<int> series = batch.SeriesIndex;
        ReadOnlySpan<long> times = batch.Times;
        for (int i = 0; i < times.Length; i++)
        {
            ref long last = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(
                newest, hashes[series[i]], out bool known);
            if (known && times[i] <= last) return false;
            last = times[i];
        }

        return true;
    }

    // The sum over the tags that are there, of a hash of name and value: it does not depend on which columns
    // a batch has.
    private static void HashSeries(RecordBatch series, Span<ulong> hashes)
    {
        hashes.Clear();
        for (int tag = 0; tag < series.ColumnCount; tag++)
        {
            StringArray values = (StringArray)series.Column(tag);
            long seed = (long)XxHash3.HashToUInt64(
                System.Text.Encoding.UTF8.GetBytes(series.Schema.GetFieldByIndex(tag).Name));
            for (int i = 0; i < hashes.Length; i++)
            {
                if (values.IsNull(i)) continue;
                hashes[i] += XxHash3.HashToUInt64(values.GetBytes(i), seed);
            }
        }
    }
}
