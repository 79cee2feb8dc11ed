using System.Numerics;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar.Vectors;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>The least or greatest value of an integer field.</summary>
internal sealed class IntegerExtremes(string field, bool isMax) : Accumulator
{
    private long[] _extremes = [];
    private bool[] _has = [];

    public override void Resize(int groups)
    {
        int before = _extremes.Length;
        Array.Resize(ref _extremes, groups);
        Array.Resize(ref _has, groups);
        _extremes.AsSpan(before).Fill(isMax ? long.MinValue : long.MaxValue);
    }

    public override void Add(RowBlock block, ReadOnlySpan<GroupRun> runs)
    {
        Adding adding = new(this, runs);
        block.Field(field)?.Visit(ref adding);
    }

    public override void Merge(ReadOnlySpan<int> groups, ReadOnlySpan<IArrowArray> states)
    {
        Int64Array extremes = (Int64Array)states[0];
        ReadOnlySpan<long> values = extremes.Values;
        for (int row = 0; row < groups.Length; row++)
            if (!extremes.IsNull(row)) Take(groups[row], values[row]);
    }

    public override IArrowArray Build(ReadOnlySpan<int> groups, IArrowType type)
    {
        OutputValues<long> values = new(groups.Length);
        for (int i = 0; i < groups.Length; i++)
        {
            if (_has[groups[i]]) values.Set(i, _extremes[groups[i]]);
        }

        return values.Build(type);
    }

    private void Add<T>(NumberVector<T> vector, ReadOnlySpan<GroupRun> runs)
        where T : struct, IBinaryInteger<T>
    {
        ReadOnlySpan<T> values = vector.Values;
        foreach (GroupRun run in runs)
        {
            if (vector.HasNulls)
            {
                for (int row = run.Start; row < run.End; row++)
                {
                    if (vector.IsValid(row)) Take(run.Group, long.CreateTruncating(values[row]));
                }

                continue;
            }

            ReadOnlySpan<T> part = values[run.Start..run.End];
            Take(run.Group, long.CreateTruncating(isMax ? Folds.Max(part) : Folds.Min(part)));
        }
    }

    private void Take(int group, long value)
    {
        _has[group] = true;
        if (isMax ? value > _extremes[group] : value < _extremes[group]) _extremes[group] = value;
    }

    private readonly ref struct Adding(IntegerExtremes states, ReadOnlySpan<GroupRun> runs) : IIntegerVisitor
    {
        private readonly ReadOnlySpan<GroupRun> _runs = runs;

        public void Visit<T>(NumberVector<T> integers)
            where T : struct, IBinaryInteger<T> => states.Add(integers, _runs);
    }
}
