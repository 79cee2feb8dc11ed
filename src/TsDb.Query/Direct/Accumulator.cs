using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar.Vectors;

namespace TsDb.Query.Direct;

/// <summary>The states of one aggregate, one for each group.</summary>
internal abstract class Accumulator
{
    /// <summary>Makes room for so many groups.</summary>
    public abstract void Resize(int groups);

    /// <summary>Takes rows of a block in.</summary>
    public abstract void Add(RowBlock block, ReadOnlySpan<GroupRun> runs);

    /// <summary>The results of some groups.</summary>
    public abstract IArrowArray Build(ReadOnlySpan<int> groups, IArrowType type);

    /// <summary>The states for an aggregate.</summary>
    public static Accumulator For(DirectOutput.Aggregate aggregate) => aggregate switch
    {
        { Of: null } => new CountAccumulator(null),
        { Kind: DirectAggregate.Count } => new CountAccumulator(aggregate.Of.Name),
        { Kind: DirectAggregate.Min or DirectAggregate.Max, Of.Type: ResolvedType.Double } =>
            new DoubleExtremes(aggregate.Of.Name, aggregate.Kind == DirectAggregate.Max),
        { Kind: DirectAggregate.Min or DirectAggregate.Max } =>
            new IntegerExtremes(aggregate.Of.Name, aggregate.Kind == DirectAggregate.Max),
        { Of.Type: ResolvedType.Double } =>
            new DoubleSums(aggregate.Of.Name, aggregate.Kind == DirectAggregate.Avg),
        _ => new IntegerSums(aggregate.Of.Name, aggregate.Kind == DirectAggregate.Avg),
    };
}
