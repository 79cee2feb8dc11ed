using DuckDB.NET.Data;
using TsDb.Query.Functions;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>The aggregates of ours. Statements call them by the names that the planner gives them; it
/// writes those with <c>_state</c> and <c>_merge</c>.</summary>
internal static class SqlAggregates
{
    private const int Int = 4;
    private const int UBigInt = 9;
    private const int Double = 11;
    private const int Blob = 18;
    private const int TimestampNs = 22;

    /// <summary>Makes them known to the connection's database, with a common bound on the memory of their
    /// states.</summary>
    public static void Register(DuckDBConnection connection, long memoryBytesMax)
    {
        AggregateMemory memory = new(memoryBytesMax);
        IEnumerable<NativeAggregate> all =
        [
            new Function(memory, "tsdb_distinct", [UBigInt], ArrowTypes.BigInt, () => new DistinctState(
                false), Count),
            new Function(memory, "tsdb_distinct_state", [UBigInt], Blob, () => new DistinctState(false),
                Sketch),
            new Function(memory, "tsdb_distinct_merge", [Blob], ArrowTypes.BigInt, () => new DistinctState(
                true), Count),
            new Function(memory, "tsdb_quantile", [Double, Double], Double, () => new QuantileState(
                false, true), Value),
            new Function(memory, "tsdb_quantile_state", [Double], Blob, () => new QuantileState(false, false),
                Sketch),
            new Function(memory, "tsdb_quantile_merge", [Blob, Double], Double, () => new QuantileState(
                true, true), Value),
            new Function(
                memory, "tsdb_curve", [Double, TimestampNs, ArrowTypes.Varchar, Int], Double,
                () => new CurveState(false, true), Value),
            new Function(
                memory, "tsdb_curve_state", [Double, TimestampNs, ArrowTypes.Varchar], Blob,
                () => new CurveState(false, false), Sketch),
            new Function(memory, "tsdb_curve_merge", [Blob, Int], Double, () => new CurveState(true, true),
                Value),
            new Points(memory),
        ];
        foreach (NativeAggregate aggregate in all) aggregate.Register(connection);
    }

    private delegate void Finisher(IAggregateState? state, AggregateOutput output, int row);

    private static void Count(IAggregateState? state, AggregateOutput output, int row) =>
        output.Set(row, (state as DistinctState)?.Sketch.Estimate() ?? 0);

    private static void Sketch(IAggregateState? state, AggregateOutput output, int row)
    {
        byte[]? bytes = state switch
        {
            DistinctState distinct => distinct.Sketch.ToBytes(),
            QuantileState quantile => quantile.Sketch.ToBytes(),
            CurveState curve => curve.Curve.ToBytes(),
            _ => null,
        };
        if (bytes is null) output.SetNull(row);
        else output.Set(row, bytes);
    }

    private static void Value(IAggregateState? state, AggregateOutput output, int row)
    {
        double? value = state switch
        {
            QuantileState quantile => quantile.Sketch.Quantile(quantile.Share),
            CurveState { Question: not 0 } curve => curve.Curve.Answer(curve.Question),
            _ => null,
        };
        if (value is { } known) output.Set(row, known);
        else output.SetNull(row);
    }

    private sealed class Function(
        AggregateMemory memory, string name, int[] parameters, int result, Func<IAggregateState> newState,
        Finisher finish)
        : NativeAggregate(memory)
    {
        public override string Name => name;

        protected override nint[] ParameterTypes() => [.. parameters.Select(DuckDbNative.CreateLogicalType)];

        protected override nint ResultType() => DuckDbNative.CreateLogicalType(result);

        protected override IAggregateState NewState() => newState();

        protected override void Finish(IAggregateState? state, AggregateOutput output, int row) =>
            finish(state, output, row);
    }

    // lttb(time, value, count): a list of structs of time and value.
    private sealed class Points(AggregateMemory memory) : NativeAggregate(memory)
    {
        public override string Name => "lttb";

        protected override nint[] ParameterTypes() =>
            [.. new[] { TimestampNs, Double, ArrowTypes.BigInt }.Select(DuckDbNative.CreateLogicalType)];

        protected override nint ResultType() => ArrowTypes.LogicalType(new Apache.Arrow.Types.ListType(
            new Apache.Arrow.Types.StructType(
            [
                new Apache.Arrow.Field("time", new Apache.Arrow.Types.TimestampType(
                    Apache.Arrow.Types.TimeUnit.Nanosecond, timezone: (string?)null), true),
                new Apache.Arrow.Field("value", Apache.Arrow.Types.DoubleType.Default, true),
            ])));

        protected override IAggregateState NewState() => new PointsState();

        protected override void Finish(IAggregateState? state, AggregateOutput output, int row)
        {
            (long[] times, double[] values) = (state as PointsState)?.Ordered() ?? ([], []);
            int wanted = (int)Math.Clamp((state as PointsState)?.Wanted ?? 0, 0, int.MaxValue);
            int[] kept = Downsampling.Keep(times, values, wanted);
            output.SetPairs<long, double>(
                row, [.. kept.Select(i => times[i])], [.. kept.Select(i => values[i])]);
        }
    }
}
