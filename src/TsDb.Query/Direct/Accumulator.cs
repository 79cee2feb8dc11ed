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

    /// <summary>Takes rows of partial states in.</summary>
    /// <param name="groups">By row: its group.</param>
    /// <param name="states">The columns that <see cref="PartialItems"/> asked for.</param>
    public abstract void Merge(ReadOnlySpan<int> groups, ReadOnlySpan<IArrowArray> states);

    /// <summary>The select items whose values are a partial state.</summary>
    /// <param name="kind">The aggregate.</param>
    /// <param name="of">Its column as SQL; a star where it counts rows.</param>
    public static string[] PartialItems(DirectAggregate kind, string of) => kind switch
    {
        DirectAggregate.Count => [$"count({of})"],
        DirectAggregate.Sum => [$"sum({of})"],
        DirectAggregate.Min => [$"min({of})"],
        DirectAggregate.Max => [$"max({of})"],
        _ => [$"sum({of})", $"count({of})"],
    };

    /// <summary>True if the partial state at a column has the form that <see cref="Merge"/> reads.</summary>
    public static bool HasForm(DirectOutput.Aggregate aggregate, RecordBatch part, int column)
    {
        bool isInteger = aggregate.Of?.Type != ResolvedType.Double;
        return aggregate.Kind switch
        {
            DirectAggregate.Count => IsInteger(part.Column(column)),
            DirectAggregate.Min or DirectAggregate.Max =>
                isInteger ? IsInteger(part.Column(column)) : part.Column(column) is DoubleArray,
            _ => (isInteger
                    ? part.Column(column) is Decimal128Array || IsInteger(part.Column(column))
                    : part.Column(column) is DoubleArray)
                && (aggregate.Kind == DirectAggregate.Sum || IsInteger(part.Column(column + 1))),
        };

        static bool IsInteger(IArrowArray array) => array is Int64Array || ShortIntegers.Are(array);
    }

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
