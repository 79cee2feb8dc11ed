using TsDb.Columnar.Parquet;
using TsDb.Model;

namespace TsDb.Columnar.Transfer;

/// <summary>
/// One walk over rows that were taken apart, in the same order for writing and reading: schema, series,
/// times, then field by field. What the reference, an earlier segment that both sides have, tells already
/// costs next to nothing.
/// </summary>
/// <param name="reference">The reference; null without one.</param>
/// <param name="texts">Where texts are that the reference does not have.</param>
/// <param name="dayStart">Start of the cell's day, in nanoseconds.</param>
/// <param name="models">What was learnt on earlier walks of the same table; empty for the first.</param>
internal sealed partial class RowWalk(
    LooseRows? reference, TextStream texts, long dayStart, RowModels models)
{
    /// <summary>Most rows of a run that is coded.</summary>
    public const int RowsMax = 1 << 20;

    /// <summary>Most words, over all fields: it bounds the memory of a reader.</summary>
    public const int WordsMax = 1 << 23;

    private const int ColumnsMax = 1 << 16;

    private readonly NumberModel _counts = models.Numbers("counts");
    private readonly NumberModel _parameters = models.Numbers("parameters");
    private int[] _matches = [];
    private bool _isReading;

    /// <summary>True if rows of so many fields can be coded.</summary>
    public static bool Fits(int rows, int fields) => rows <= RowsMax && (long)rows * fields <= WordsMax;

    /// <summary>Codes all of it, and returns the rows that were written or read.</summary>
    public LooseRows Code<T>(ref T coder, LooseRows? written)
        where T : struct, IBitCoder, allows ref struct
    {
        _isReading = written is null;
        LooseRows rows = written ?? new LooseRows();
        int rowCount = _counts.Count(ref coder, rows.Times.Length, RowsMax);
        int seriesCount = _counts.Count(ref coder, rows.SeriesRows.Length, rowCount);
        if (rowCount == 0 || seriesCount == 0) throw Damage.Found("it has no rows");
        Tags(ref coder, rows, seriesCount);
        FieldNames(ref coder, rows, rowCount);
        if (_isReading) (rows.SeriesRows, rows.Times) = (new int[seriesCount], new long[rowCount]);
        Series(ref coder, rows);
        SeriesRows(ref coder, rows);
        Times(ref coder, rows);
        int[] seriesOfRow = SeriesOfRow(rows);
        byte[]? gaps = null;
        foreach (LooseField field in rows.Fields)
        {
            Presence(ref coder, field, seriesOfRow, gaps);
            gaps = field.IsPresent ?? gaps;
            Values(ref coder, field, seriesOfRow);
        }

        return rows;
    }

    private void Tags<T>(ref T coder, LooseRows rows, int seriesCount)
        where T : struct, IBitCoder, allows ref struct
    {
        int count = _counts.Count(ref coder, rows.Tags.Count, ColumnsMax);
        int known = reference?.Tags.Count ?? 0;
        int expected = 0;
        for (int i = 0; i < count; i++)
        {
            string name = _isReading ? "" : rows.Tags[i].Name;
            int place = _isReading ? 0 : reference?.Tags.FindIndex(t => t.Name == name) ?? known;
            place = Place(ref coder, place < 0 ? known : place, expected, known);
            expected = place + 1;
            name = place < known ? reference!.Tags[place].Name : texts.NextName(ref coder, name);
            if (!_isReading) continue;
            TextDictionary words = LooseRows.Known(reference?.Tag(name)?.Texts);
            rows.Tags.Add(new LooseTag(name, new int[seriesCount], words));
        }
    }

    private void FieldNames<T>(ref T coder, LooseRows rows, int rowCount)
        where T : struct, IBitCoder, allows ref struct
    {
        int count = _counts.Count(ref coder, rows.Fields.Count, ColumnsMax);
        if ((long)count * rowCount > WordsMax) throw Damage.Found($"{rowCount} rows of {count} fields");
        int known = reference?.Fields.Count ?? 0;
        int expected = 0;
        for (int i = 0; i < count; i++)
        {
            (string name, FieldType type) = _isReading
                ? ("", default) : (rows.Fields[i].Name, rows.Fields[i].Type);
            int place = _isReading
                ? 0 : reference?.Fields.FindIndex(f => f.Name == name && f.Type == type) ?? known;
            place = Place(ref coder, place < 0 ? known : place, expected, known);
            expected = place + 1;
            if (place < known)
            {
                (name, type) = (reference!.Fields[place].Name, reference.Fields[place].Type);
            }
            else
            {
                name = texts.NextName(ref coder, name);
                type = (FieldType)_parameters.Count(ref coder, (int)type, byte.MaxValue);
                if (!Enum.IsDefined(type)) throw Damage.Found($"field type {(int)type}");
            }

            if (!_isReading) continue;
            rows.Fields.Add(new LooseField(name, type)
            {
                Words = new long[rowCount],
                Texts = type == FieldType.String
                    ? LooseRows.Known(reference?.Field(name, type)?.Texts) : null,
            });
        }
    }

    private int Place<T>(ref T coder, int place, int expected, int max)
        where T : struct, IBitCoder, allows ref struct
    {
        long coded = expected + _counts.Signed(ref coder, (long)place - expected);
        return coded >= 0 && coded <= max ? (int)coded : throw Damage.Found($"place {coded} of {max}");
    }

    private void Series<T>(ref T coder, LooseRows rows)
        where T : struct, IBitCoder, allows ref struct
    {
        int known = reference?.SeriesRows.Length ?? 0;
        LooseTag?[] counterparts = [.. rows.Tags.Select(t => reference?.Tag(t.Name))];
        _matches = _isReading ? new int[rows.SeriesRows.Length]
            : SeriesMatch.Find(rows, counterparts, reference);
        NumberModel match = models.Numbers("series");
        NumberModel[] places = [.. rows.Tags.Select(tag => models.Numbers("tag " + tag.Name))];
        FreshTexts[] fresh = [.. rows.Tags.Select((t, i) => Fresh(t.Texts, counterparts[i]?.Texts))];
        int expected = 0;
        for (int s = 0; s < _matches.Length; s++)
        {
            long coded = expected + match.Signed(ref coder, (long)_matches[s] - expected);
            if (coded < 0 || coded > known) throw Damage.Found($"series {coded} of {known}");
            _matches[s] = (int)coded;
            bool isKnown = coded < known;
            expected = isKnown ? (int)coded + 1 : expected;
            for (int t = 0; t < counterparts.Length; t++)
            {
                LooseTag tag = rows.Tags[t];
                if (isKnown && counterparts[t] is { } same) tag.Places[s] = same.Places[coded];
                else TagValue(ref coder, tag.Places, s, places[t], fresh[t]);
            }
        }
    }

    private static void TagValue<T>(
        ref T coder, int[] places, int series, NumberModel model, FreshTexts fresh)
        where T : struct, IBitCoder, allows ref struct
    {
        int before = series == 0 ? 0 : places[series - 1];
        long place = before + model.Signed(ref coder, (long)places[series] - before);
        if (place != 0) fresh.Meet(ref coder, place - 1);
        places[series] = (int)place;
    }

    private FreshTexts Fresh(TextDictionary all, TextDictionary? known) =>
        new(all, known?.Count ?? 0, texts, _isReading);

    private static int[] SeriesOfRow(LooseRows rows)
    {
        int[] series = new int[rows.Times.Length];
        int at = 0;
        for (int s = 0; s < rows.SeriesRows.Length; s++)
        {
            series.AsSpan(at, rows.SeriesRows[s]).Fill(s);
            at += rows.SeriesRows[s];
        }

        return series;
    }
}
