using TsDb.Columnar.Parquet;

namespace TsDb.Columnar.Transfer;

/// <summary>
/// Distinct texts of a column while they are coded: those of the reference are known, each other one is told
/// when its place is met for the first time.
/// </summary>
internal sealed class FreshTexts(TextDictionary all, int known, TextStream stream, bool isReading)
{
    private int _met = known;

    /// <summary>A place was coded: throws <see cref="Model.ErrorKind.Corrupt"/> if it cannot be
    /// one.</summary>
    public void Meet<T>(ref T coder, long place)
        where T : struct, IBitCoder, allows ref struct
    {
        if (place < 0 || place > _met) throw Damage.Found($"text {place} of {_met}");
        if (place < _met) return;
        ReadOnlySpan<byte> text = stream.Next(ref coder, isReading ? [] : all[_met]);
        if (isReading && all.IndexOf(text) != _met) throw Damage.Found("a text is told twice");
        _met++;
    }
}
