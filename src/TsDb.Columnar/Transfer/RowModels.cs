namespace TsDb.Columnar.Transfer;

/// <summary>What was learnt of the columns of one table, by what is coded.</summary>
internal sealed class RowModels
{
    private readonly Dictionary<string, NumberModel> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BitModel[]> _bits = new(StringComparer.Ordinal);

    /// <summary>The model of some numbers; one that has seen nothing where they come for the first
    /// time.</summary>
    public NumberModel Numbers(string what)
    {
        if (!_numbers.TryGetValue(what, out NumberModel? model)) _numbers.Add(what, model = new());
        return model;
    }

    /// <summary>The models of some bits.</summary>
    public BitModel[] Bits(string what, int count)
    {
        if (!_bits.TryGetValue(what, out BitModel[]? models)) _bits.Add(what, models = BitModel.Array(count));
        return models;
    }
}
