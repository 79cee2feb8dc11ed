using System.Collections.Immutable;
using System.Text;
using Apache.Arrow;
using TsDb.Columnar.Vectors;
using TsDb.Model;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>The distinct combinations of tags (and the edge) that rows are grouped by, numbered as they
/// come.</summary>
internal sealed class GroupKeys(ImmutableArray<DirectColumn> columns)
{
    private const int Unknown = -1;

    private readonly KeyColumn[] _columns = [.. columns.Select(_ => new KeyColumn())];
    private readonly Dictionary<(int Left, int Right), int>[] _pairs =
        [.. columns.Skip(1).Select(_ => new Dictionary<(int, int), int>())];
    private readonly List<int[]> _keys = [];
    private readonly Dictionary<int, int> _firsts = [];

    private RowBlock? _block;
    private int[] _placeOfSeries = [];
    private int[][] _valueOfCode = [];
    private EdgeId _edge;

    /// <summary>Number of combinations; one where nothing is grouped by.</summary>
    public int Count => columns.IsEmpty ? 1 : _keys.Count;

    /// <summary>Goes on with another block.</summary>
    public void Bind(RowBlock block, EdgeId edge)
    {
        (_block, _edge) = (block, edge);
        if (columns.IsEmpty) return;
        _placeOfSeries = new int[block.Series.Length];
        _placeOfSeries.AsSpan().Fill(Unknown);
        _valueOfCode = [.. columns.Select(column => column.Source == DirectSource.Tag
            && block.Tag(column.Name) is { } tag ? NewCodes(tag.Values.Count) : [])];
    }

    /// <summary>The combination that a series of the block belongs to.</summary>
    public int PlaceOf(int series)
    {
        if (columns.IsEmpty) return 0;
        int place = _placeOfSeries[series];
        return place == Unknown ? _placeOfSeries[series] = Find(series) : place;
    }

    /// <summary>The place of a combination's value among the distinct values of a column, in the engine's
    /// order: by UTF-8, null last.</summary>
    public Func<int, int> Ranks(int column)
    {
        KeyColumn values = _columns[column];
        int[] order = [.. Enumerable.Range(0, values.Texts.Count)];
        Array.Sort(order, (one, other) => Compare(values.Texts[one], values.Texts[other]));
        int[] ranks = new int[order.Length];
        for (int i = 0; i < order.Length; i++) ranks[order[i]] = i;
        return place => ranks[_keys[place][column]];
    }

    /// <summary>True if the combination has no value for the column.</summary>
    public bool IsNull(int place, int column) => _columns[column].Texts[_keys[place][column]] is null;

    /// <summary>The values of a column for some combinations.</summary>
    public StringArray Build(int column, ReadOnlySpan<int> places)
    {
        OutputTexts texts = new(places.Length);
        foreach (int place in places) texts.Append(_columns[column].Texts[_keys[place][column]]);
        return texts.Build();
    }

    private static int Compare(byte[]? one, byte[]? other) => (one, other) switch
    {
        (null, null) => 0,
        (null, _) => 1,
        (_, null) => -1,
        _ => one.AsSpan().SequenceCompareTo(other),
    };

    private static int[] NewCodes(int count)
    {
        int[] codes = new int[count];
        codes.AsSpan().Fill(Unknown);
        return codes;
    }

    private int Find(int series)
    {
        int[] values = new int[columns.Length];
        for (int i = 0; i < columns.Length; i++) values[i] = ValueOf(i, series);
        int id = values[0];
        for (int i = 1; i < values.Length; i++)
        {
            (int, int) pair = (id, values[i]);
            if (!_pairs[i - 1].TryGetValue(pair, out id)) _pairs[i - 1].Add(pair, id = _pairs[i - 1].Count);
        }

        if (_firsts.TryGetValue(id, out int place)) return place;
        _firsts.Add(id, _keys.Count);
        _keys.Add(values);
        return _keys.Count - 1;
    }

    private int ValueOf(int column, int series)
    {
        if (columns[column].Source == DirectSource.Edge) return _columns[column].Find(_edge.Value);
        if (_block!.Tag(columns[column].Name) is not { } tag) return _columns[column].Find(null);
        int code = tag.Codes[series];
        if (code == TagCodes.Absent) return _columns[column].Find(null);
        int value = _valueOfCode[column][code];
        return value == Unknown ? _valueOfCode[column][code] = _columns[column].Find(tag.Values[code])
            : value;
    }

    private sealed class KeyColumn
    {
        private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
        private int _null = Unknown;

        public List<byte[]?> Texts { get; } = [];

        public int Find(string? value)
        {
            if (value is null)
            {
                if (_null == Unknown) _null = Add(null);
                return _null;
            }

            if (!_places.TryGetValue(value, out int place)) _places.Add(value, place = Add(value));
            return place;
        }

        private int Add(string? value)
        {
            Texts.Add(value is null ? null : Encoding.UTF8.GetBytes(value));
            return Texts.Count - 1;
        }
    }
}
