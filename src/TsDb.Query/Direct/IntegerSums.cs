using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar.Vectors;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>The exact sum of an integer field in 128 bits, or its mean.</summary>
internal sealed class IntegerSums(string field, bool isMean) : Accumulator
{
    private Int128[] _sums = [];
    private long[] _counts = [];

    public override void Resize(int groups)
    {
        Array.Resize(ref _sums, groups);
        Array.Resize(ref _counts, groups);
    }

    public override void Add(RowBlock block, ReadOnlySpan<GroupRun> runs)
    {
        Adding adding = new(this, runs);
        block.Field(field)?.Visit(ref adding);
    }

    public override void Merge(ReadOnlySpan<int> groups, ReadOnlySpan<IArrowArray> states)
    {
        IArrowArray sums = states[0];

        // Sums of 128 bits come in 64 where all fit.
        ReadOnlySpan<long> shorts = sums is Int64Array fitting ? fitting.Values : default;
        ReadOnlySpan<Int128> values = shorts.IsEmpty
            ? MemoryMarshal.Cast<byte, Int128>(sums.Data.Buffers[1].Span)[sums.Data.Offset..] : default;
        ReadOnlySpan<long> counts = isMean ? ((Int64Array)states[1]).Values : default;
        bool hasNulls = sums.NullCount > 0;
        for (int row = 0; row < groups.Length; row++)
        {
            if (hasNulls && sums.IsNull(row)) continue;
            _sums[groups[row]] += shorts.IsEmpty ? values[row] : shorts[row];
            _counts[groups[row]] += isMean ? counts[row] : 1;
        }
    }

    public override IArrowArray Build(ReadOnlySpan<int> groups, IArrowType type) =>
        isMean ? Means(groups, type) : Sums(groups, type);

    private void Add<T>(NumberVector<T> vector, ReadOnlySpan<GroupRun> runs)
        where T : struct, IBinaryInteger<T>
    {
        ReadOnlySpan<T> values = vector.Values;
        foreach (GroupRun run in runs)
        {
            if (!vector.HasNulls)
            {
                _sums[run.Group] += Sum(values[run.Start..run.End]);
                _counts[run.Group] += run.End - run.Start;
                continue;
            }

            for (int row = run.Start; row < run.End; row++)
            {
                if (!vector.IsValid(row)) continue;
                _sums[run.Group] += long.CreateTruncating(values[row]);
                _counts[run.Group]++;
            }
        }
    }

    private static Int128 Sum<T>(ReadOnlySpan<T> values)
        where T : struct, INumber<T>
    {
        if (typeof(T) == typeof(short))
            return Folds.Sum(MemoryMarshal.Cast<T, short>(values));
        if (typeof(T) == typeof(int))
            return Folds.Sum(MemoryMarshal.Cast<T, int>(values));
        Int128 sum = 0;
        foreach (T value in values) sum += long.CreateTruncating(value);
        return sum;
    }

    private IArrowArray Means(ReadOnlySpan<int> groups, IArrowType type)
    {
        OutputValues<double> values = new(groups.Length);
        for (int i = 0; i < groups.Length; i++)
        {
            long count = _counts[groups[i]];
            if (count > 0) values.Set(i, (double)_sums[groups[i]] / count);
        }

        return values.Build(type);
    }

    private IArrowArray Sums(ReadOnlySpan<int> groups, IArrowType type)
    {
        OutputValues<Int128> values = new(groups.Length);
        for (int i = 0; i < groups.Length; i++)
        {
            if (_counts[groups[i]] > 0) values.Set(i, _sums[groups[i]]);
        }

        return values.Build(type);
    }

    private readonly ref struct Adding(IntegerSums states, ReadOnlySpan<GroupRun> runs) : IIntegerVisitor
    {
        private readonly ReadOnlySpan<GroupRun> _runs = runs;

        public void Visit<T>(NumberVector<T> integers)
            where T : struct, IBinaryInteger<T> => states.Add(integers, _runs);
    }
}
