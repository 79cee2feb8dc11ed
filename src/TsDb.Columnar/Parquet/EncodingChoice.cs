using System.Runtime.InteropServices;
using Apache.Arrow;
using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Chooses the physical form of a field by trying what is possible on a sample: differences or a dictionary
/// for integers and decimals, split bytes or a dictionary for other doubles; whichever zstd leaves smallest.
/// </summary>
internal sealed class EncodingChoice(PageCompressor compressor, int rowGroupRowsMax)
{
    /// <summary>Distinct values that a dictionary of 64-bit words may have.</summary>
    public const int DictionaryCountMax = 1 << 14;

    private const int SampleSlices = 4;
    private const int SampleSliceRows = 1024;

    private readonly ByteSink _body = new();
    private readonly ByteSink _compressed = new();
    private long[] _scratch = [];

    public ColumnPlan Choose(string name, Model.Column logical, IArrowArray array) => logical.Type switch
    {
        FieldType.String => new ColumnPlan(
            FileColumn.Of(name, logical), PageEncoding.RleDictionary, PageEncoding.Plain),
        FieldType.Boolean =>
            new ColumnPlan(FileColumn.Of(name, logical), PageEncoding.Plain, PageEncoding.Plain),
        FieldType.Float64 => ChooseForDoubles(name, logical, array),
        _ => Choose(FileColumn.Of(name, logical), Sample(array), PageEncoding.DeltaBinaryPacked, array.Length)
            .Plan,
    };

    private ColumnPlan ChooseForDoubles(string name, Model.Column logical, IArrowArray array)
    {
        long[] sample = Sample(array);
        FileColumn plain = FileColumn.Of(name, logical);
        (ColumnPlan asDoubles, double doublesCost) =
            Choose(plain, sample, PageEncoding.ByteStreamSplit, array.Length);
        // Most random doubles fail on the first value of the sample, so the whole column is rarely tried in
        // vain.
        if (Decimals.ScaleOf(MemoryMarshal.Cast<long, double>(sample.AsSpan())) < 0) return asDoubles;
        ReadOnlySpan<long> all = DenseWords.Of(array, 0, array.Length, ref _scratch);
        int scale = Decimals.ScaleOf(MemoryMarshal.Cast<long, double>(all));
        if (scale < 0) return asDoubles;
        long[] numbers = new long[sample.Length];
        Decimals.Encode(MemoryMarshal.Cast<long, double>(sample.AsSpan()), scale, numbers);
        (ColumnPlan asDecimals, double decimalsCost) = Choose(
            FileColumn.Of(name, logical, scale), numbers, PageEncoding.DeltaBinaryPacked, array.Length);
        return decimalsCost <= doublesCost ? asDecimals : asDoubles;
    }

    /// <summary>
    /// The better of the encoding given and a dictionary, and the bytes it costs for a row group.
    /// </summary>
    private (ColumnPlan Plan, double Cost) Choose(
        FileColumn column, ReadOnlySpan<long> sample, PageEncoding usual, int rows)
    {
        ColumnPlan plan = new(column, usual, usual);
        if (sample.IsEmpty) return (plan, 0);
        double scale = (double)Math.Min(rows, rowGroupRowsMax) / sample.Length;
        _body.Clear();
        if (usual == PageEncoding.DeltaBinaryPacked) DeltaBinaryPacked.Encode(sample, _body);
        else ByteStreamSplit.Encode(sample, _body);
        double cost = compressor.LengthOf(_body.Written, _compressed) * scale;
        WordDictionary dictionary = new(Math.Min(DictionaryCountMax, sample.Length / 4));
        int[] indexes = new int[sample.Length];
        if (!dictionary.TryIndex(sample, indexes)) return (plan, cost);
        _body.Clear();
        DictionaryPage.WriteIndexes(indexes, dictionary.Words.Count, _body);
        double dictionaryCost = (compressor.LengthOf(_body.Written, _compressed) * scale)
            + (dictionary.Words.Count * sizeof(long));
        return dictionaryCost < cost
            ? (plan with { Encoding = PageEncoding.RleDictionary }, dictionaryCost)
            : (plan, cost);
    }

    /// <summary>Values from four places of the column, or all of a short one.</summary>
    private long[] Sample(IArrowArray array)
    {
        if (array.Length <= SampleSlices * SampleSliceRows)
            return DenseWords.Of(array, 0, array.Length, ref _scratch).ToArray();
        List<long> sample = [];
        for (int slice = 0; slice < SampleSlices; slice++)
        {
            int start = (int)((long)(array.Length - SampleSliceRows) * slice / (SampleSlices - 1));
            sample.AddRange(DenseWords.Of(array, start, SampleSliceRows, ref _scratch));
        }

        return [.. sample];
    }
}
