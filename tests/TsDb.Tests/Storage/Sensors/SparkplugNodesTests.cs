using CsCheck;
using Microsoft.Extensions.Time.Testing;
using TsDb.Codec.Json;
using TsDb.Codec.Sparkplug;
using TsDb.Model;
using TsDb.Storage.Sensors;

namespace TsDb.Tests.Storage.Sensors;

public sealed class SparkplugNodesTests
{
    private const int TypeInt32 = 3;
    private const int TypeDouble = 10;

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddDays(1));
    private readonly List<string> _commands = [];

    [Theory]
    [InlineData(1, -5L, "-5 Int64")]
    [InlineData(2, -300L, "-300 Int64")]
    [InlineData(3, int.MinValue, "-2147483648 Int64")]
    [InlineData(5, 255L, "255 Int64")]
    [InlineData(7, 4_294_967_295L, "4294967295 Int64")]
    public void Integers_of_up_to_32_bits_keep_their_sign(int type, long value, string expected) =>
        Assert.Equal(expected, Read(SparkplugBytes.Metric("m", type, SparkplugBytes.Int(value))));

    [Theory]
    [InlineData(4, long.MinValue, "-9223372036854775808 Int64")]
    [InlineData(8, -1L, "18446744073709551615 UInt64")]
    [InlineData(13, 1_700_000_000_123L, "1700000000123 Int64")]
    public void Integers_of_64_bits_keep_their_sign(int type, long value, string expected) =>
        Assert.Equal(expected, Read(SparkplugBytes.Metric("m", type, SparkplugBytes.Long(value))));

    [Fact]
    public void Other_types_become_fields_as_they_are()
    {
        Assert.Equal("0.5 Float64", Read(SparkplugBytes.Metric("m", 9, SparkplugBytes.Float(0.5f))));
        Assert.Equal("21.37 Float64", Read(SparkplugBytes.Metric("m", 10, SparkplugBytes.Double(21.37))));
        Assert.Equal(
            "metric 'm': NaN and infinity cannot be stored",
            Read(SparkplugBytes.Metric("m", 10, SparkplugBytes.Double(double.NaN))));
        Assert.Equal("1 Boolean", Read(SparkplugBytes.Metric("m", 11, SparkplugBytes.Bool(true))));
        Assert.Equal("å String", Read(SparkplugBytes.Metric("m", 12, SparkplugBytes.Text("å"))));
        Assert.Equal(
            "metric 'm' is of type Bytes, which no field can have",
            Read(SparkplugBytes.Metric("m", 17, SparkplugBytes.Raw([1]))));
        Assert.Equal(
            "1 Float64",
            Read(SparkplugBytes.Metric(
                "m", 19,
                SparkplugBytes.Template(SparkplugBytes.Metric("a", 10, SparkplugBytes.Double(1))))));
    }

    [Fact]
    public void Data_by_alias_is_resolved_by_the_birth_and_nulls_are_absent()
    {
        SparkplugNodes nodes = Nodes();
        Birth(nodes, bdSeq: 1);
        nodes.Take("spBv1.0/G/DBIRTH/N/D", SparkplugBytes.Payload(
            10, 1, SparkplugBytes.Metric("Speed", TypeInt32, SparkplugBytes.Int(1), alias: 7)));
        MessageContent content = nodes.Take("spBv1.0/G/DDATA/N/D", SparkplugBytes.Payload(
            20, 2,
            SparkplugBytes.Metric(null, null, SparkplugBytes.Int(-2), alias: 7, timestamp: 15),
            SparkplugBytes.Metric("Speed", TypeInt32)));
        SensorPoint point = Assert.Single(content.Points!).Point!;
        Assert.Equal("group=G,node=N,device=D", string.Join(',', point.Tags.Select(t =>
            $"{t.Key}={t.Value}")));
        Assert.Equal(("Speed", -2L, 15_000_000L),
            (point.Fields[0].Name, point.Fields[0].Integer!.Value, point.Time!.Value.Value));
        Assert.Empty(_commands);
    }

    [Fact]
    public void A_gap_asks_for_a_birth_once_and_loses_nothing()
    {
        SparkplugNodes nodes = Nodes();
        Birth(nodes, bdSeq: 1);
        Assert.Equal([42.0], Values(Data(nodes, sequence: 5, 42)));
        Assert.Equal(["spBv1.0/G/NCMD/N"], _commands);
        Assert.Equal([43.0], Values(Data(nodes, sequence: 6, 43)));
        Data(nodes, sequence: 9, 44);
        Assert.Single(_commands);
        _clock.Advance(TimeSpan.FromSeconds(11));
        Data(nodes, sequence: 12, 45);
        Assert.Equal(2, _commands.Count);
        Assert.Equal((3L, 2L), (nodes.Counts.Gaps, nodes.Counts.RebirthsAsked));
    }

    [Fact]
    public void The_sequence_goes_on_from_255_to_0()
    {
        SparkplugNodes nodes = Nodes();
        Birth(nodes, bdSeq: 1);
        for (int i = 1; i < 600; i++) Data(nodes, (ulong)(i % 256), i);
        Assert.Equal(0, nodes.Counts.Gaps);
        Assert.Empty(_commands);
    }

    [Fact]
    public void Data_of_an_unknown_node_is_refused_by_alias_stored_by_name_and_asks_for_a_birth()
    {
        SparkplugNodes nodes = Nodes();
        MessageContent content = nodes.Take("spBv1.0/G/NDATA/N", SparkplugBytes.Payload(
            5, 9,
            SparkplugBytes.Metric(null, null, SparkplugBytes.Double(1), alias: 3),
            SparkplugBytes.Metric("named", TypeDouble, SparkplugBytes.Double(2))));
        Assert.Equal(
            ["alias 3 is not known from a birth: the node is asked for it"],
            content.Points!.Where(outcome => outcome.Point is null).Select(outcome => outcome.Reason!));
        Assert.Equal([2.0], Values(content));
        Assert.Single(_commands);
    }

    [Fact]
    public void After_an_interruption_an_alias_counts_only_if_the_sequence_fits()
    {
        SparkplugNodes nodes = Nodes();
        Birth(nodes, bdSeq: 1);
        nodes.Interrupt();
        Assert.Equal([1.0], Values(Data(nodes, sequence: 1, 1)));
        nodes.Interrupt();
        Assert.Empty(Values(Data(nodes, sequence: 7, 2)));
        Assert.Single(_commands);
        Birth(nodes, bdSeq: 2);
        Assert.Equal([3.0], Values(Data(nodes, sequence: 1, 3)));
    }

    [Fact]
    public void A_death_counts_only_for_the_birth_it_belongs_to()
    {
        SparkplugNodes nodes = Nodes();
        Birth(nodes, bdSeq: 1);
        Birth(nodes, bdSeq: 2);
        Assert.Equal(MessageContentKind.Nothing, Death(nodes, bdSeq: 1).Kind);
        Assert.Equal((1, 1L, 0L), (nodes.Counts.Nodes, nodes.Counts.StaleDeaths, nodes.Counts.Deaths));
        nodes.Take("spBv1.0/G/DBIRTH/N/D", SparkplugBytes.Payload(10, 1));
        MessageContent death = Death(nodes, bdSeq: 2);
        Assert.Equal([0.0, 0.0], Values(death));
        Assert.All(death.Points!, outcome => Assert.Equal("sparkplug_state", outcome.Point!.Measurement));
        Assert.Equal((0, 1L), (nodes.Counts.Nodes, nodes.Counts.Deaths));
        Assert.Empty(Values(Data(nodes, sequence: 2, 1)));
        Assert.Single(_commands);
    }

    [Fact]
    public void What_is_remembered_is_bounded()
    {
        SparkplugNodes nodes = new(
            new SparkplugLimits { NodesMax = 10, BytesMax = 20_000, MetricsPerNodeMax = 50 }, _clock);
        for (int i = 0; i < 200; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            nodes.Take($"spBv1.0/G/NBIRTH/N{i}", SparkplugBytes.Payload(
                1, 0, [.. Enumerable.Range(0, 20).Select(m =>
                    SparkplugBytes.Metric($"m{m}", TypeDouble, SparkplugBytes.Double(m), alias: (ulong)m))]));
            Assert.InRange(nodes.BytesUsed, 0, 20_000);
        }

        Assert.InRange(nodes.Counts.Nodes, 1, 10);
        MessageContent tooMany = nodes.Take("spBv1.0/G/NBIRTH/N", SparkplugBytes.Payload(
            1, 0, [.. Enumerable.Range(0, 51).Select(m =>
                SparkplugBytes.Metric($"m{m}", TypeDouble, SparkplugBytes.Double(m)))]));
        Assert.Equal(MessageContentKind.Refused, tooMany.Kind);
    }

    [Fact]
    public void Rebirths_of_many_nodes_are_asked_for_at_a_bounded_rate()
    {
        SparkplugNodes nodes = new(new SparkplugLimits { RebirthsMax = 5 }, _clock)
        {
            SendCommand = (topic, _) => _commands.Add(topic),
        };
        for (int i = 0; i < 100; i++) nodes.Take($"spBv1.0/G/NDATA/N{i}", SparkplugBytes.Payload(1, 1));
        Assert.Equal(5, _commands.Count);
        _clock.Advance(TimeSpan.FromSeconds(10));
        for (int i = 0; i < 100; i++) nodes.Take($"spBv1.0/G/NDATA/N{i}", SparkplugBytes.Payload(1, 2));
        Assert.Equal(10, _commands.Count);
    }

    [Fact]
    public void The_request_for_a_birth_is_the_command_of_the_specification()
    {
        // Golden: timestamp 5, one metric "Node Control/Rebirth", timestamp 5, Boolean, true.
        byte[] expected = SparkplugBytes.Payload(
            5, null, SparkplugBytes.Metric(
                "Node Control/Rebirth", 11, SparkplugBytes.Bool(true), timestamp: 5));
        Assert.Equal(expected, SparkplugCodec.Rebirth(5));
    }

    [Theory]
    [InlineData("spBv1.0/G/NDATA")]
    [InlineData("spBv1.0/G/NDATA/N/D")]
    [InlineData("spBv1.0/G/DDATA/N")]
    [InlineData("spBv1.0/G/XDATA/N")]
    [InlineData("spBv1.0//NDATA/N")]
    public void Other_topics_are_refused(string topic) =>
        Assert.Equal(MessageContentKind.Refused, Nodes().Take(topic, Array.Empty<byte>()).Kind);

    [Fact]
    public void Any_bytes_end_in_points_or_in_a_reason()
    {
        byte[] valid = SparkplugBytes.Payload(
            20, 2,
            SparkplugBytes.Metric("a", TypeInt32, SparkplugBytes.Int(-2), alias: 7, timestamp: 15),
            SparkplugBytes.Metric("b", 12, SparkplugBytes.Text("text")),
            SparkplugBytes.Metric("c", 19, SparkplugBytes.Template(SparkplugBytes.Metric("d", 10))));
        string[] topics =
            ["NBIRTH/N", "NDATA/N", "NDEATH/N", "DBIRTH/N/D", "DDATA/N/D", "DDEATH/N/D"];
        Gen.Select(Gen.Int[0, topics.Length - 1], Gen.Byte.Array[0, 6], Gen.Int[0,
            valid.Length - 1]).Array[1, 20]
            .Sample(steps =>
            {
                SparkplugNodes nodes = new(new SparkplugLimits { BytesMax = 100_000 }, _clock);
                foreach ((int topic, byte[] bytes, int at) in steps)
                {
                    byte[] payload = [.. valid];
                    bytes.AsSpan(0, Math.Min(bytes.Length, payload.Length - at)).CopyTo(payload.AsSpan(at));
                    try
                    {
                        nodes.Take($"spBv1.0/G/{topics[topic]}", payload);
                    }
                    catch (TsDbException error)
                    {
                        Assert.True(error.Kind is ErrorKind.Invalid or ErrorKind.TooLarge);
                    }
                }
            }, iter: 2_000);
    }

    private SparkplugNodes Nodes() => new(new SparkplugLimits(), _clock)
    {
        SendCommand = (topic, _) => _commands.Add(topic),
    };

    private static void Birth(SparkplugNodes nodes, long bdSeq) =>
        nodes.Take("spBv1.0/G/NBIRTH/N", SparkplugBytes.Payload(
            10, 0,
            SparkplugBytes.Metric("bdSeq", 4, SparkplugBytes.Long(bdSeq)),
            SparkplugBytes.Metric("Node Control/Rebirth", 11, SparkplugBytes.Bool(false)),
            SparkplugBytes.Metric("Level", TypeDouble, SparkplugBytes.Double(0), alias: 3)));

    private static MessageContent Data(SparkplugNodes nodes, ulong sequence, double value) =>
        nodes.Take("spBv1.0/G/NDATA/N", SparkplugBytes.Payload(
            20, sequence, SparkplugBytes.Metric(null, null, SparkplugBytes.Double(value), alias: 3)));

    private static MessageContent Death(SparkplugNodes nodes, long bdSeq) =>
        nodes.Take("spBv1.0/G/NDEATH/N", SparkplugBytes.Payload(
            5, null, SparkplugBytes.Metric("bdSeq", 4, SparkplugBytes.Long(bdSeq))));

    private static IEnumerable<double> Values(MessageContent content) => (content.Points ?? [])
        .Where(outcome => outcome.Point is not null)
        .SelectMany(outcome => outcome.Point!.Fields.Select(field => field.Number));

    private string Read(byte[] metric)
    {
        MessageContent content = Nodes().Take("spBv1.0/G/NBIRTH/N", SparkplugBytes.Payload(1, 0, metric));
        SensorPointOutcome outcome = content.Points![^1];
        if (outcome.Point is null) return outcome.Reason!;
        SensorField field = outcome.Point.Fields[0];
        object value = field.Type switch
        {
            FieldType.Int64 => field.Integer!.Value,
            FieldType.UInt64 => unchecked((ulong)field.Integer!.Value),
            FieldType.String => field.Text!,
            _ => field.Number,
        };
        return FormattableString.Invariant($"{value} {field.Type}");
    }
}
