using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar.Vectors;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>
/// The sum of a field of doubles, compensated after A. Neumaier ("Rundungsfehleranalyse einiger Verfahren zur
/// Summation endlicher Summen", 1974), or its mean.
/// </summary>
internal sealed class DoubleSums(string field, bool isMean) : Accumulator
{
    private double[] _sums = [];
    private double[] _lost = [];
    private long[] _counts = [];

    public override void Resize(int groups)
    {
        Array.Resize(ref _sums, groups);
        Array.Resize(ref _lost, groups);
        Array.Resize(ref _counts, groups);
    }

    public override void Add(RowBlock block, ReadOnlySpan<GroupRun> runs)
    {
        if (block.Field(field) is not NumberVector<double> vector) return;
        ReadOnlySpan<double> values = vector.Values;
        bool hasNulls = vector.HasNulls;
        foreach (GroupRun run in runs)
        {
            (double sum, double lost, int count) = (_sums[run.Group], _lost[run.Group], 0);
            for (int row = run.Start; row < run.End; row++)
            {
                if (hasNulls && !vector.IsValid(row)) continue;
                Add(values[row], ref sum, ref lost);
                count++;
            }

            (_sums[run.Group], _lost[run.Group]) = (sum, lost);
            _counts[run.Group] += count;
        }
    }

    public override void Merge(ReadOnlySpan<int> groups, ReadOnlySpan<IArrowArray> states)
    {
        DoubleArray sums = (DoubleArray)states[0];
        ReadOnlySpan<double> values = sums.Values;
        ReadOnlySpan<long> counts = isMean ? ((Int64Array)states[1]).Values : default;
        for (int row = 0; row < groups.Length; row++)
        {
            if (sums.IsNull(row)) continue;
            Add(values[row], ref _sums[groups[row]], ref _lost[groups[row]]);
            _counts[groups[row]] += isMean ? counts[row] : 1;
        }
    }

    public override IArrowArray Build(ReadOnlySpan<int> groups, IArrowType type)
    {
        OutputValues<double> values = new(groups.Length);
        for (int i = 0; i < groups.Length; i++)
        {
            int group = groups[i];
            if (_counts[group] == 0) continue;

            // What an infinity loses is no number.
            double sum = double.IsFinite(_sums[group]) ? _sums[group] + _lost[group] : _sums[group];
            values.Set(i, isMean ? sum / _counts[group] : sum);
        }

        return values.Build(type);
    }

    private static void Add(double value, ref double sum, ref double lost)
    {
        double next = sum + value;
        lost += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
        sum = next;
    }
}
