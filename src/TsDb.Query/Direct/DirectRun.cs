using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Model;

namespace TsDb.Query.Direct;

/// <summary>Computes the answer of a plan from rows at hand. Pure.</summary>
public static class DirectRun
{
    // Ordered by time with a limit: so many times more buckets are looked at if the last ones had too few
    // rows.
    private const int WidenBy = 8;

    private const int GroupsShortened = 128;

    /// <summary>True if the columns can be built as the engine would type them.</summary>
    public static bool CanAnswer(DirectPlan plan, Schema schema) =>
        schema.FieldsList.Count == plan.Outputs.Length
        && plan.Outputs.Select((output, i) => Fits(output, schema.FieldsList[i].DataType)).All(fits => fits);

    /// <summary>The columns of the answer if its texts may come as runs: tags and edges of rows that are
    /// answered as they lie are made so.</summary>
    public static Schema WithRuns(DirectPlan plan, Schema schema) =>
        plan.Groups || !plan.Order.IsEmpty || !plan.NewestBy.IsDefault
            ? schema
            : new Schema(
                schema.FieldsList.Select((field, i) => plan.Outputs[i] is DirectOutput.Value
                {
                    Column.Source: DirectSource.Edge or DirectSource.Tag,
                } ? TextRuns.Shorten(field) : field),
                schema.Metadata);

    /// <summary>The columns of the answer if its integers may come in fewer bytes than eight, as
    /// <see cref="Planning.PlannedFragment.ShortIntegers"/> has it.</summary>
    public static Schema WithShortIntegers(
        DirectPlan plan, Schema schema, IReadOnlyList<DirectInput> inputs) =>
            ShortIntegers.Of(plan, schema, inputs);

    /// <summary>The groups of an answer with their states in as few bytes as they need; null if it has no
    /// groups, or so few that they are sent quicker as they are.</summary>
    public static RecordBatch? ShortGroups(DirectPlan plan, IEnumerable<RecordBatch> answer) =>
        plan.Groups && answer.Single() is { Length: >= GroupsShortened } groups
            ? ShortIntegers.Shorten(groups) : null;

    /// <summary>
    /// The answer's batches, of which there is at least one; null if the general engine should answer after
    /// all. Inputs are read while the batches are.
    /// </summary>
    public static IEnumerable<RecordBatch>? Answer(
        DirectPlan plan, IReadOnlyList<DirectInput> inputs, Schema schema)
    {
        if (plan.Groups) return Aggregate(plan, inputs, schema) is { } groups ? [groups] : null;
        if (!plan.Order.IsEmpty || !plan.NewestBy.IsDefault)
            return new SortedRowsRun(plan).Read(inputs, schema) is { } rows ? [rows] : null;
        return RowsRun.Read(plan, schema, inputs);
    }

    private static RecordBatch? Aggregate(DirectPlan plan, IReadOnlyList<DirectInput> inputs, Schema schema)
    {
        TimeRange times = Times(plan, inputs);
        if (plan.Bucket is not { } bucket) return Over(plan, inputs, times).Finish(schema);
        if (times.StartNanoseconds < long.MinValue / 2
            || times.EndNanoseconds > long.MaxValue / 2) return null;
        Int128 buckets = AggregateRun.CountBuckets(bucket, times);
        if (plan.Limit < buckets && !plan.Order.IsEmpty
            && plan.Outputs[plan.Order[0].Output] is DirectOutput.BucketStart)
            return Ends(plan, bucket, inputs, times, schema);
        if (!AggregateRun.Fits(buckets)) return null;
        AggregateRun run = Over(plan, inputs, times);
        return run.IsTooLarge ? null : run.Finish(schema);
    }

    // Only the buckets at one end of the time are wanted: look there first, and further only if need be.
    private static RecordBatch? Ends(
        DirectPlan plan,
        DirectBucket bucket,
        IReadOnlyList<DirectInput> inputs,
        TimeRange times,
        Schema schema)
    {
        Int128 wanted = Math.Max(1, plan.Limit);
        bool isLast = plan.Order[0].IsDescending;
        while (true)
        {
            if (!AggregateRun.Fits(wanted)) return null;
            TimeRange part = Part(bucket, times, wanted, isLast);
            AggregateRun run = Over(plan, inputs, part);
            if (run.IsTooLarge) return null;
            if (part == times || run.PresentCount >= plan.Limit) return run.Finish(schema);
            wanted *= WidenBy;
        }
    }

    private static TimeRange Part(DirectBucket bucket, TimeRange times, Int128 buckets, bool isLast)
    {
        Int128 span = buckets * bucket.WidthNanoseconds;
        if (isLast)
        {
            Int128 start = bucket.StartOf(times.EndNanoseconds - 1) - span + bucket.WidthNanoseconds;
            return start <= times.StartNanoseconds ? times : new TimeRange((long)start, times.EndNanoseconds);
        }

        Int128 end = bucket.StartOf(times.StartNanoseconds) + span;
        return end >= times.EndNanoseconds ? times : new TimeRange(times.StartNanoseconds, (long)end);
    }

    private static AggregateRun Over(DirectPlan plan, IReadOnlyList<DirectInput> inputs, TimeRange range)
    {
        AggregateRun run = new(plan, range);
        RowPicker picker = new(plan);
        foreach (DirectInput input in inputs)
        {
            if (run.IsTooLarge) break;
            if (input.Window.Overlaps(range)) run.Add(input, range, picker);
        }

        return run;
    }

    // The times that rows can have at all.
    private static TimeRange Times(DirectPlan plan, IReadOnlyList<DirectInput> inputs)
    {
        (long start, long end) = (long.MaxValue, long.MinValue);
        foreach (DirectInput input in inputs)
        {
            start = Math.Min(start, input.Window.StartNanoseconds);
            end = Math.Max(end, input.Window.EndNanoseconds);
        }

        start = Math.Max(start, plan.Range.StartNanoseconds);
        end = Math.Min(end, plan.Range.EndNanoseconds);
        return start >= end ? default : new TimeRange(start, end);
    }

    private static bool Fits(DirectOutput output, IArrowType type) => output switch
    {
        DirectOutput.BucketStart => OutputTimes.UnitOf(type) is not null,
        DirectOutput.Key => type is StringType,
        DirectOutput.Value { Column.Source: DirectSource.Time } => OutputTimes.UnitOf(type) == 1,
        DirectOutput.Value { Column.Source: DirectSource.Edge or DirectSource.Tag } => type is StringType,
        DirectOutput.Value value => Fits(value.Column.Type, type),
        DirectOutput.Aggregate { Kind: DirectAggregate.Count } => type is Int64Type,
        DirectOutput.Aggregate { Kind: DirectAggregate.Avg } => type is DoubleType,
        DirectOutput.Aggregate { Kind: DirectAggregate.Sum, Of.Type: ResolvedType.BigInt } =>
            type is Decimal128Type { Scale: 0 },
        DirectOutput.Aggregate aggregate => Fits(aggregate.Of!.Type, type),
        _ => false,
    };

    private static bool Fits(ResolvedType column, IArrowType type) => column switch
    {
        ResolvedType.BigInt => type is Int64Type,
        ResolvedType.Double => type is DoubleType,
        ResolvedType.UBigInt => type is UInt64Type,
        ResolvedType.Boolean => type is BooleanType,
        ResolvedType.Text => type is StringType,
        _ => false,
    };
}
