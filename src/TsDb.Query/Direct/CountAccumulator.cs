using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar.Vectors;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>Counts the rows, or those that have a value of a field.</summary>
internal sealed class CountAccumulator(string? field) : Accumulator
{
    private long[] _counts = [];

    public override void Resize(int groups) => Array.Resize(ref _counts, groups);

    public override void Add(RowBlock block, ReadOnlySpan<GroupRun> runs)
    {
        ColumnVector? vector = field is null ? null : block.Field(field);
        if (field is not null && vector is null) return;
        foreach (GroupRun run in runs)
        {
            if (vector is not { HasNulls: true })
            {
                _counts[run.Group] += run.End - run.Start;
                continue;
            }

            for (int row = run.Start; row < run.End; row++) _counts[run.Group] += vector.IsValid(row) ? 1 : 0;
        }
    }

    public override void Merge(ReadOnlySpan<int> groups, ReadOnlySpan<IArrowArray> states)
    {
        Int64Array counts = (Int64Array)states[0];
        ReadOnlySpan<long> values = counts.Values;
        for (int row = 0; row < groups.Length; row++)
            if (!counts.IsNull(row)) _counts[groups[row]] += values[row];
    }

    public override IArrowArray Build(ReadOnlySpan<int> groups, IArrowType type)
    {
        OutputValues<long> values = new(groups.Length);
        for (int i = 0; i < groups.Length; i++) values.Set(i, _counts[groups[i]]);
        return values.Build(type);
    }
}
