using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar.Vectors;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>The least or greatest value of a field of doubles; NaN is greater than any number, as the engine
/// has it.</summary>
internal sealed class DoubleExtremes(string field, bool isMax) : Accumulator
{
    private double[] _extremes = [];
    private bool[] _has = [];

    public override void Resize(int groups)
    {
        Array.Resize(ref _extremes, groups);
        Array.Resize(ref _has, groups);
    }

    public override void Add(RowBlock block, ReadOnlySpan<GroupRun> runs)
    {
        if (block.Field(field) is not NumberVector<double> vector) return;
        foreach (GroupRun run in runs)
        {
            if (vector.HasNulls)
            {
                for (int row = run.Start; row < run.End; row++)
                {
                    if (vector.IsValid(row)) Take(run.Group, vector.Values[row]);
                }

                continue;
            }

            ReadOnlySpan<double> part = vector.Values[run.Start..run.End];
            Take(run.Group, isMax ? Folds.Max(part) : Folds.Min(part));
        }
    }

    public override void Merge(ReadOnlySpan<int> groups, ReadOnlySpan<IArrowArray> states)
    {
        DoubleArray extremes = (DoubleArray)states[0];
        ReadOnlySpan<double> values = extremes.Values;
        for (int row = 0; row < groups.Length; row++)
            if (!extremes.IsNull(row)) Take(groups[row], values[row]);
    }

    public override IArrowArray Build(ReadOnlySpan<int> groups, IArrowType type)
    {
        OutputValues<double> values = new(groups.Length);
        for (int i = 0; i < groups.Length; i++)
        {
            if (_has[groups[i]]) values.Set(i, _extremes[groups[i]]);
        }

        return values.Build(type);
    }

    private void Take(int group, double value)
    {
        if (!_has[group]) _extremes[group] = value;
        else if (isMax) _extremes[group] = Folds.Greater(_extremes[group], value);
        else _extremes[group] = Folds.Lesser(_extremes[group], value);
        _has[group] = true;
    }
}
