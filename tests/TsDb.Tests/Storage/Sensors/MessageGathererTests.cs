using System.Text;
using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Storage.Sensors;
using TsDb.Tests.Storage.Ingest;

namespace TsDb.Tests.Storage.Sensors;

public sealed class MessageGathererTests
{
    private static readonly IngestRules Rules = IngestRig.Rules(IngestDialect.Sensor);

    private readonly List<string> _ended = [];
    private int _taken;

    [Fact]
    public async Task One_sync_for_a_lone_message_and_one_for_all_that_waited()
    {
        StoreWorld world = new(1, new EdgeStoreOptions { DiskReserveBytes = 1_000 });
        int syncs = 0;
        await using EdgeStore store = world.Open();
        MessageGatherer gatherer = Over(store);

        // Idle: each message has its own sync, at once.
        for (int i = 0; i < 5; i++)
        {
            Take(gatherer, $"m f={i} {i}");
            Count(world, () => syncs++);
            store.RunUntilIdle();
            Assert.Equal(i + 1, syncs);
            Assert.Equal(i + 1, _ended.Count);
        }

        // Busy: the first is on its way to the disk; the other 999 share what comes next.
        syncs = 0;
        for (int i = 0; i < 1_000; i++) Take(gatherer, $"m f={i} {1_000 + i}");
        Assert.Equal(5, _ended.Count);
        store.RunUntilIdle();
        Assert.Equal(2, syncs);
        Assert.Equal(1_005, _ended.Count);
        Assert.Equal((7L, 1_005L), (gatherer.GroupCount, gatherer.MessageCount));
        Assert.Equal(1_005, store.Stats.RowsAccepted);
    }

    [Fact]
    public async Task Messages_end_in_their_order_each_with_its_own_fate()
    {
        TaskCompletionSource gate = new();
        MemoryTarget target = new() { Gate = gate.Task };
        MessageGatherer gatherer = Over(target);
        string[] bodies = ["m f=1 1", "m f=\"x\" 2", "m f=3 3\nbad", "broken", "", "n,t=a g=true 4"];
        foreach (string body in bodies) Take(gatherer, body);
        gate.SetResult();
        await gatherer.DrainAsync();
        Assert.Equal(
            ["0 Done 0", "1 Refused 1", "2 Done 1", "3 Refused 1", "4 Done 0", "5 Done 0"], _ended);
        Assert.Equal(2, target.Points("db", "m").Count);
        Assert.Single(target.Points("db", "n"));
    }

    [Fact]
    public async Task A_message_beyond_the_limits_of_a_request_takes_no_other_along()
    {
        TaskCompletionSource gate = new();
        MemoryTarget target = new() { Gate = gate.Task };
        IngestPipeline pipeline = new(target, IngestRig.Setup(new IngestLimits { DaysPerRequestMax = 3 }));
        MessageGatherer gatherer = new(pipeline, new GatherLimits(), TimeProvider.System);
        Take(gatherer, "first f=1 1");
        string fourDays = string.Join('\n', Enumerable.Range(0, 4).Select(Day));
        for (int i = 0; i < 6; i++) Take(gatherer, Day(i));
        Take(gatherer, fourDays);
        Take(gatherer, "m f=9 9");
        gate.SetResult();
        await gatherer.DrainAsync();
        Assert.Equal(
            ["0 Done 0", .. Enumerable.Range(1, 6).Select(i =>
                $"{i} Done 0"), "7 Refused 1", "8 Done 0"], _ended);
        Assert.Equal(7, target.Points("db", "m").Count);

        static string Day(int day) =>
            FormattableString.Invariant($"m f={day} {day * Model.Day.NanosecondsLength}");
    }

    [Fact]
    public async Task A_type_fixed_meanwhile_by_another_writer_refuses_only_who_contradicts_it()
    {
        TaskCompletionSource gate = new();
        MemoryTarget target = new() { Gate = gate.Task };
        MessageGatherer gatherer = Over(target);
        Take(gatherer, "other f=1 1");
        Take(gatherer, "m f=1 1");
        Take(gatherer, "m g=1 2");
        target.Schemas = SchemaCatalog.Empty.With(new TableSchema(
            new TableId("db", "m"), [], [new Column("f", ColumnRole.Field, FieldType.Boolean)]));
        gate.SetResult();
        await gatherer.DrainAsync();
        Assert.Equal(["0 Done 0", "1 Refused 1", "2 Done 0"], _ended);
        Assert.Single(target.Points("db", "m"));
    }

    [Fact]
    public async Task A_store_without_room_is_tried_again_and_nothing_is_answered_meanwhile()
    {
        Microsoft.Extensions.Time.Testing.FakeTimeProvider clock = new();
        MemoryTarget target = new()
        {
            Failure = new TsDbException(ErrorKind.Unavailable,
                "full") { RetryAfter = TimeSpan.FromSeconds(1) },
        };
        MessageGatherer gatherer =
            new(new IngestPipeline(target, IngestRig.Setup()), new GatherLimits(), clock);
        Take(gatherer, "m f=1 1");
        clock.Advance(TimeSpan.FromSeconds(1));
        Take(gatherer, "m f=2 2");
        Assert.Empty(_ended);
        target.Failure = null;
        clock.Advance(TimeSpan.FromSeconds(1));
        await gatherer.DrainAsync();
        Assert.Equal(["0 Done 0", "1 Done 0"], _ended);
        target.Failure = new TsDbException(ErrorKind.Unavailable, "full");
        Take(gatherer, "m f=3 3");
        for (int i = 0; i < 11; i++) clock.Advance(TimeSpan.FromSeconds(1));
        await gatherer.DrainAsync();
        Assert.Equal("2 Failed 0", _ended[^1]);
    }

    [Fact]
    public async Task A_receipt_that_throws_takes_no_other_along()
    {
        List<Exception> faults = [];
        IngestPipeline pipeline = new(new MemoryTarget(), IngestRig.Setup());
        MessageGatherer gatherer = new(pipeline, new GatherLimits(), TimeProvider.System)
        {
            OnFault = faults.Add,
        };
        gatherer.Take(new GatheredMessage { Receipt = new Receipt(null!, 0), Rules = Rules });
        Take(gatherer, "m f=1 1");
        await gatherer.DrainAsync();
        Assert.Equal(["0 Done 0"], _ended);
        Assert.Single(faults);
    }

    private static void Count(StoreWorld world, Action synced) => world.Disk.Faults = call =>
    {
        if (call.Kind == DiskCallKind.Sync) synced();
        return DiskFault.None;
    };

    private static MessageGatherer Over(IWriteTarget target) => new(
        new IngestPipeline(target, IngestRig.Setup()), new GatherLimits(), TimeProvider.System);

    private void Take(MessageGatherer gatherer, string body)
    {
        byte[] lines = Encoding.UTF8.GetBytes(body);
        gatherer.Take(new GatheredMessage
        {
            Receipt = new Receipt(_ended, _taken++),
            Rules = Rules,
            Lines = lines,
            PayloadBytes = lines.Length,
        });
    }

    private sealed class Receipt(List<string> ended, int number) : IMessageReceipt
    {
        public void End(MessageOutcome outcome, long refusedCount, string? reason)
        {
            lock (ended) ended.Add(FormattableString.Invariant($"{number} {outcome} {refusedCount}"));
        }

        public void GroupEnded()
        {
        }
    }
}
