using TsDb.Model;

namespace TsDb.Columnar.Transfer;

/// <summary>Says what the next value of a field is expected to be, from those before it.</summary>
internal struct ValuePredictor(
    Prediction plan, LooseField field, int[] matches, long?[] last, LooseField? known)
{
    private int _series = -1;
    private int _seen;
    private long _first;
    private long _before;
    private long _beforeThat;

    /// <summary>The expectation for the next value, which belongs to a series.</summary>
    public long Next(int series)
    {
        if (series != _series) (_series, _seen) = (series, 0);
        if (plan.Kind == PredictionKind.Center) return plan.Center;
        if (_seen >= 2 && plan.Kind == PredictionKind.Line)
            return unchecked(_before + (_before - _beforeThat));
        if (_seen >= 1) return _before;
        int match = matches[series];
        if (match >= last.Length || last[match] is not { } word) return _first;
        return field.Type == FieldType.Float64
            ? LooseField.Rescale(word, known!.Scales[match], field.Scales[series]) : word;
    }

    /// <summary>Takes the value that was there.</summary>
    public void Take(long word)
    {
        if (_seen == 0) _first = word;
        (_before, _beforeThat) = (word, _before);
        _seen++;
    }
}
