using Apache.Arrow;
using TsDb.Model;

namespace TsDb.Columnar.Vectors;

/// <summary>
/// Decoded columns of segment files, for queries that ask for little and often: a file is opened, unpacked
/// and checked once. What was used longest ago goes first when the bound is reached. Safe for several
/// threads.
/// </summary>
/// <param name="bytesMax">Bytes of decoded columns to keep; what a running query holds may go beyond.</param>
/// <param name="open">Opens a segment's file for reading.</param>
public sealed class SegmentCache(long bytesMax, Func<SegmentRef, Stream> open)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _newestFirst = new();
    private long _bytes;

    /// <summary>Bytes of decoded columns held now.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return _bytes;
        }
    }

    /// <summary>
    /// The row groups of a segment that have times in the range. Throws <see cref="ErrorKind.Corrupt"/> with
    /// the file's name if it cannot be read.
    /// </summary>
    public IReadOnlyList<RowBlock> Blocks(SegmentRef segment, TimeRange range) =>
        Use(segment).Blocks(range);

    private Entry Use(SegmentRef segment)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(segment.Path, out LinkedListNode<Entry>? node))
            {
                _newestFirst.Remove(node);
                if (node.Value.Segment.BytesLength == segment.BytesLength
                    && node.Value.Segment.Manifest == segment.Manifest)
                {
                    _newestFirst.AddFirst(node);
                    return node.Value;
                }

                // Another file under the same name.
                Drop(node.Value);
            }

            Entry entry = new(this, segment);
            _entries.Add(segment.Path, _newestFirst.AddFirst(entry));
            return entry;
        }
    }

    private void Drop(Entry entry)
    {
        _entries.Remove(entry.Segment.Path);
        entry.IsDropped = true;
        _bytes -= entry.Bytes;
    }

    private void Grow(Entry entry, long bytes)
    {
        lock (_gate)
        {
            if (entry.IsDropped) return;
            entry.Bytes += bytes;
            _bytes += bytes;
            while (_bytes > bytesMax && _newestFirst.Last is { } oldest && _newestFirst.Count > 1)
            {
                _newestFirst.RemoveLast();
                Drop(oldest.Value);
            }
        }
    }

    private sealed class Entry(SegmentCache cache, SegmentRef segment)
    {
        private readonly Lock _opening = new();
        private RowBlock?[]? _blocks;
        private TimeRange[] _ranges = [];

        public SegmentRef Segment => segment;

        // Both belong to the cache and its lock.
        public long Bytes { get; set; }

        public bool IsDropped { get; set; }

        public List<RowBlock> Blocks(TimeRange range)
        {
            lock (_opening)
            {
                if (_blocks is null) Read(reader =>
                {
                    _ranges = [.. Enumerable.Range(0, reader.RowGroupCount).Select(reader.RangeOf)];
                    _blocks = new RowBlock?[reader.RowGroupCount];
                    return true;
                });
                List<RowBlock> found = [];
                for (int i = 0; i < _blocks!.Length; i++)
                {
                    if (!_ranges[i].Overlaps(range)) continue;
                    int group = i;
                    found.Add(_blocks[i] ??= new RowBlock(
                        Read(reader => reader.ReadKeys(group)), isSorted: true,
                        name => Field(group, name), bytes => cache.Grow(this, bytes)));
                }

                return found;
            }
        }

        private IArrowArray? Field(int group, string name)
        {
            if (segment.Manifest.Fields.All(field => field.Name != name)) return null;
            return Read(reader => reader.ReadField(group, name));
        }

        private T Read<T>(Func<SegmentReader, T> read)
        {
            try
            {
                using Stream file = cache.Open(segment);
                using SegmentReader reader = SegmentReader.Open(file, segment.Path);
                return read(reader);
            }
            catch (IOException error)
            {
                throw new TsDbException(
                    ErrorKind.Corrupt, $"segment {segment.Path} cannot be read: {error.Message}", error);
            }
        }
    }

    private Stream Open(SegmentRef segment) => open(segment);
}
