using TsDb.Columnar.Parquet;
using TsDb.Model;

namespace TsDb.Columnar.Transfer;

/// <content>Times and fields.</content>
internal sealed partial class RowWalk
{
    private const int PresenceModels = 8;

    private void SeriesRows<T>(ref T coder, LooseRows rows)
        where T : struct, IBitCoder, allows ref struct
    {
        NumberModel model = models.Numbers("rows");
        long before = 0;
        long left = rows.Times.Length;
        for (int s = 0; s < rows.SeriesRows.Length; s++)
        {
            before += model.Signed(ref coder, rows.SeriesRows[s] - before);
            if (before < 1 || before > left)
                throw Damage.Found($"a series of {before} rows where {left} are left");
            rows.SeriesRows[s] = (int)before;
            left -= before;
        }

        if (left != 0) throw Damage.Found($"{left} rows belong to no series");
    }

    // Times count in units, their greatest common divisor, from the first row's on; inside a series each is
    // told as what it is off the usual step.
    private void Times<T>(ref T coder, LooseRows rows)
        where T : struct, IBitCoder, allows ref struct
    {
        long[] times = rows.Times;
        TimeSteps steps = _isReading ? default : TimeSteps.Of(rows);
        TimeSteps known = reference?.Steps ?? default;
        long unit = known.Unit + _parameters.Signed(ref coder, steps.Unit - known.Unit);
        long step = known.Step + _parameters.Signed(ref coder, steps.Step - known.Step);
        if (unit <= 0) throw Damage.Found($"a unit of {unit} ns");
        long anchor = reference?.Times[0] ?? dayStart;
        long first = _isReading ? 0 : unchecked(times[0] - anchor);
        bool isWhole = _parameters.Code(ref coder, first % unit == 0 ? 0UL : 1UL) == 0;
        first = _parameters.Signed(ref coder, isWhole ? first / unit : first);
        long start = unchecked(anchor + (isWhole ? first * unit : first));
        NumberModel firsts = models.Numbers("first times");
        NumberModel residuals = models.Numbers("times");
        (long firstBefore, int row) = (0, 0);
        foreach (int count in rows.SeriesRows)
        {
            for (int i = 0; i < count; i++, row++)
            {
                unchecked
                {
                    long offset = _isReading ? 0 : (times[row] - start) / unit;
                    if (i == 0)
                    {
                        firstBefore += firsts.Signed(ref coder, offset - firstBefore);
                        times[row] = start + (firstBefore * unit);
                        continue;
                    }

                    long expected = ((times[row - 1] - start) / unit) + step;
                    times[row] = start + ((expected + residuals.Signed(ref coder, offset - expected)) * unit);
                }
            }
        }
    }

    private void Presence<T>(ref T coder, LooseField field, int[] series, byte[]? gaps)
        where T : struct, IBitCoder, allows ref struct
    {
        bool isFull = _parameters.Code(ref coder, field.IsPresent is null ? 0UL : 1UL) == 0;
        if (isFull) return;
        byte[] isPresent = field.IsPresent ??= new byte[series.Length];
        BitModel[] chances = models.Bits("presence " + field.Name, PresenceModels);
        int history = 3;
        for (int row = 0; row < isPresent.Length; row++)
        {
            int state = history | (gaps is null || gaps[row] != 0 ? 4 : 0);
            isPresent[row] = (byte)coder.Bit(isPresent[row], ref chances[state]);
            history = ((history << 1) | isPresent[row]) & 3;
        }
    }

    private void Values<T>(ref T coder, LooseField field, int[] series)
        where T : struct, IBitCoder, allows ref struct
    {
        LooseField? known = reference?.Field(field.Name, field.Type);
        if (field.Type == FieldType.Float64) Scales(ref coder, field, known);
        long?[] last = known is null ? [] : reference!.LastOf(known);
        Prediction plan = _isReading ? default : Prediction.Best(field, series, _matches, last, known);
        plan = new Prediction(
            (PredictionKind)_parameters.Count(ref coder, (int)plan.Kind, (int)PredictionKind.Line),
            _parameters.Signed(ref coder, plan.Center));
        FreshTexts? fresh = field.Texts is { } all ? Fresh(all, known?.Texts) : null;
        NumberModel model = models.Numbers($"{plan.Kind} {field.Type} {field.Name}");
        ValuePredictor predictor = new(plan, field, _matches, last, known);
        long[] words = field.Words;
        for (int row = 0; row < words.Length; row++)
        {
            if (!field.Has(row)) continue;
            long expected = predictor.Next(series[row]);
            words[row] = unchecked(expected + model.Signed(ref coder, unchecked(words[row] - expected)));
            fresh?.Meet(ref coder, words[row]);
            predictor.Take(words[row]);
        }

        if (field.Type == FieldType.Float64) Units(ref coder, field);
    }

    private void Scales<T>(ref T coder, LooseField field, LooseField? known)
        where T : struct, IBitCoder, allows ref struct
    {
        if (_isReading) field.Scales = new int[_matches.Length];
        NumberModel model = models.Numbers("scale " + field.Name);
        int before = 0;
        for (int s = 0; s < _matches.Length; s++)
        {
            int expected = known is not null && _matches[s] < known.Scales.Length
                ? known.Scales[_matches[s]] : before;
            long scale = expected + model.Signed(ref coder, field.Scales[s] - expected);
            if (scale is < LooseField.NoScale or > Decimals.ScaleMax)
                throw Damage.Found($"a scale of {scale}");
            before = field.Scales[s] = (int)scale;
        }
    }

    private void Units<T>(ref T coder, LooseField field)
        where T : struct, IBitCoder, allows ref struct
    {
        if (_parameters.Code(ref coder, field.Units is null ? 0UL : 1UL) == 0) return;
        NumberModel model = models.Numbers("units " + field.Name);
        long[] units = field.Units ??= new long[field.Words.Length];
        for (int row = 0; row < units.Length; row++)
        {
            if (field.Has(row)) units[row] = model.Signed(ref coder, units[row]);
        }
    }
}
