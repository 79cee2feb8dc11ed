using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Google.Protobuf;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Flight.Protos;
using TsDb.Adapters.Mqtt.Sensors.Wire;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Replication.Cluster;
using TsDb.Storage.Sensors;
using TsDb.Tests.Formats;
using TsDb.Tests.Replication.Receiving;
using TsDb.Tests.Storage.Sensors;
using ZstdSharp;

namespace TsDb.Tests.Fuzz;

/// <summary>
/// What comes over sockets and brokers besides lines and shipments: packets of sensors and what is in them,
/// tickets, fresh questions and their answers, what is said on the cluster port.
/// </summary>
internal static class WireFuzz
{
    private static readonly TableId Table = new("db", "weather");
    private static readonly ClusterId Cluster = new(new Guid(1, 2, 3, new byte[8]));

    private static readonly byte[][] Words =
    [
        [0x08], [0x0A], [0x12], [0x80, 0x80, 0x80, 0x80, 0x08], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        .. new[] { "{", "}", "[", "null", "-1", "1e99", "\"\"", "MQTT", "time", "a.b", "9223372036854775808" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    private const string Rules = """
        {
          "rules": [
            { "name": "t", "topic": "sensors/{site}/{device}/t", "database": "plant", "table": "c",
              "field": "t" },
            { "topic": "json/{device}", "payload": "json", "separator": "/",
              "time": { "field": "meta.ts", "unit": "ms", "required": true },
              "tags": { "unit": "$.meta.unit", "site": "oslo" } },
            { "topic": "lp/{db}", "payload": "lines", "database": "{db}", "precision": "s" },
            { "topic": "debug/#", "ignore": true }
          ],
          "default": "refuse"
        }
        """;

    private static readonly MessageTarget[] Sensors =
    [
        .. Enum.GetValues<TsDb.Storage.Sensors.ValueType>().Select(type => new MessageTarget
        {
            Rule = "r", Payload = PayloadKind.Value, Type = type,
        }),
        new MessageTarget { Rule = "r", Payload = PayloadKind.Json },
        new MessageTarget
        {
            Rule = "r",
            Payload = PayloadKind.Json,
            Shape = new JsonShape
            {
                TimePath = "time",
                Tags = ImmutableDictionary<string, string>.Empty.Add("a.b", "tag"),
            },
        },
        new MessageTarget { Rule = "r", Payload = PayloadKind.Points },
    ];

    public static IEnumerable<FuzzTarget> Targets =>
    [
        new("mqtt-packet", Packets(), ReadPacket) { Words = Words, Weight = 3 },
        new("sensor-payload", SensorPayloads(), ReadSensor) { Words = Words, Weight = 4 },
        new("sparkplug", SparkplugPayloads(), ReadSparkplug) { Words = Words, Weight = 4 },
        new("sensor-rules", [Text(Rules)], bytes => Orderly(() => RuleFile.Parse(bytes))) { Words = Words },
        new("flight-ticket", [Text("""{"database":"d","sql_query":"SELECT 1","query_type":"sql"}""")],
            bytes => Orderly(() => FlightTicket.Parse(bytes))) { Words = Words },
        new(
            "fragment-ticket",
            [FragmentTickets.Encode(QueryMessages.Ticket(WireFormats.Fragment(), Cluster))],
            bytes => Orderly(() =>
            {
                if (FragmentTickets.Decode(bytes) is { } ticket) QueryMessages.Request(ticket);
            })) { Words = Words, Weight = 2 },
        new("peer-question", Questions(), ReadQuestion) { Words = Words, Weight = 2 },
        new("fresh-question", [Unpacked(EdgeMessages.Encode(WireFormats.Question(), Cluster))], bytes =>
            Orderly(() => EdgeMessages.DecodeQuestion(Packed(bytes)))) { Words = Words, Weight = 2 },
        new("fresh-answer", Answers(), ReadAnswer) { Words = Words, Weight = 4, AllocationBase = 16 << 20 },
        new("cluster-port", ClusterTalk(), ReadTalk) { Words = Words, Weight = 2 },
        new("cluster-snapshot", [ClusterCodec.Encode(Shipments.Founded(3, 2))], bytes =>
            Orderly(() => ClusterCodec.DecodeConfiguration(bytes))) { Words = Words, Weight = 2 },
        new("voters", [new MemberSet([Cluster.Value, Guid.Empty]).Bytes.ToArray()], bytes =>
            Orderly(() => MemberSet.Decode(bytes))),
    ];

    private static void Orderly(Action decode)
    {
        try
        {
            decode();
        }
        catch (TsDbException error)
            when (error.Kind is ErrorKind.Corrupt or ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            Assert.True(error.Message.Length > 0);
        }
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A broker's connection takes the packets that are whole and reads them by their
    /// type.</summary>
    private static void ReadPacket(byte[] bytes)
    {
        try
        {
            ReadOnlySequence<byte> rest = new(bytes);
            while (PacketFrame.TryRead(rest, out PacketFrame frame) && frame.PacketBytes <= rest.Length)
            {
                ReadOnlySpan<byte> body = bytes.AsSpan(
                    (int)(bytes.Length - rest.Length) + frame.HeaderBytes, frame.BodyBytes);
                if (frame.Type == PacketType.Connect) ConnectRequest.Read(body);
                else PublishRequest.Read(frame.Flags, body, isFive: frame.Type == PacketType.Publish);
                rest = rest.Slice(frame.PacketBytes);
            }
        }
        catch (MqttFault fault)
        {
            Assert.True(fault.Message.Length > 0);
        }
    }

    /// <summary>The first byte says how the rules read the rest.</summary>
    private static void ReadSensor(byte[] bytes)
    {
        if (bytes.Length == 0) return;
        MessageReader reader = new(new SparkplugNodes(new SparkplugLimits(), TimeProvider.System));
        MessageContent content = reader.Read(Sensors[bytes[0] % Sensors.Length], "t", bytes.AsMemory(1));
        Assert.True(content.Points is not null || content.Reason is { Length: > 0 });
    }

    /// <summary>A node's birth first, so that its aliases mean something.</summary>
    private static void ReadSparkplug(byte[] bytes)
    {
        MessageReader reader = new(new SparkplugNodes(new SparkplugLimits(), TimeProvider.System));
        MessageTarget target = new() { Rule = "r", Payload = PayloadKind.Sparkplug };
        reader.Read(target, "spBv1.0/G/NBIRTH/N", SparkplugPayloads()[0]);
        foreach (string topic in new[] { "spBv1.0/G/NDATA/N", "spBv1.0/G/DBIRTH/N/D", "spBv1.0/G/NDEATH/N" })
        {
            MessageContent content = reader.Read(target, topic, bytes);
            Assert.True(content.Points is not null || content.Reason is { Length: > 0 });
        }
    }

    /// <summary>Whatever is taken can be read to the last value.</summary>
    private static void ReadAnswer(byte[] bytes) => Orderly(() =>
    {
        FreshAnswer answer =
            EdgeMessages.DecodeAnswerAsync(Packed(bytes), CancellationToken.None).GetAwaiter().GetResult();
        foreach (RecordBatch batch in answer.Batches)
        {
            foreach (IArrowArray column in batch.Arrays)
            {
                for (int row = 0; column is StringArray texts && row < texts.Length; row++)
                    texts.GetString(row);
                for (int row = 0; column is Int64Array numbers && row < numbers.Length; row++)
                    numbers.GetValue(row);
                for (int row = 0; column is BinaryArray blobs && row < blobs.Length; row++)
                    Assert.True(blobs.GetBytes(row).Length >= 0);
            }
        }
    });

    /// <summary>A preface and, behind it, a question or an answer, as the port's listener reads
    /// them.</summary>
    private static void ReadTalk(byte[] bytes)
    {
        using MemoryStream stream = new();
        stream.Write(bytes);
        stream.Position = 0;
        try
        {
            Orderly(() =>
            {
                if (ClusterPreface.Read(stream) is not { } read) return;
                long behind = stream.Position;
                if (read.Purpose == ClusterPurpose.Talk)
                    TalkFrame.ReadAsync<TalkRequest>(stream, CancellationToken.None).GetAwaiter().GetResult();
                stream.Position = behind;
                TalkFrame.ReadAsync<TalkReply>(stream, CancellationToken.None).GetAwaiter().GetResult();
            });
        }
        catch (EndOfStreamException)
        {
            // The peer has hung up.
        }
    }

    private static byte[][] Questions() =>
    [
        QueryMessages.Request(
            new CatalogQuestion(
                [new TableQuestion("d", "t", [new KnownTable(new TableId("d", "t"), CatalogVersion.None)])])
            {
                Fragment = WireFormats.Fragment(),
            },
            Cluster).ToByteArray(),
    ];

    /// <summary>What another node asks on a line: bytes that are no message end it.</summary>
    private static void ReadQuestion(byte[] bytes)
    {
        try
        {
            Orderly(() => QueryMessages.Question(CatalogRequest.Parser.ParseFrom(bytes)));
        }
        catch (InvalidProtocolBufferException error)
        {
            Assert.True(error.Message.Length > 0);
        }
    }

    private static byte[][] Packets() =>
    [
        [
            0x10, 0x10, 0, 4, .. "MQTT"u8, 4, 0x02, 0, 60, 0, 4, .. "s-12"u8,
            0x32, 0x0B, 0, 3, .. "a/b"u8, 0, 7, .. "t v="u8,
        ],
        [
            0x10, 0x1D, 0, 4, .. "MQTT"u8, 5, 0xC6, 0, 60, 5, 0x11, 0, 0, 0, 9, 0, 1, (byte)'s', 0,
            0, 1, (byte)'w', 0, 0, 0, 0, 0, 0,
            0x30, 0x08, 0, 1, (byte)'t', 3, 0x23, 0, 5, (byte)'x',
        ],
    ];

    private static byte[][] SensorPayloads()
    {
        string[] payloads =
        [
            "21.5", "-7", "true", "text", """{"a":{"b":"x","c":1.5},"time":1700000000}""",
            """[{"a":1,"b":[1,2,{"c":null}]},{"time":"2024-01-01T00:00:00Z","v":true}]""",
            """{"measurement":"m","tags":{"a":"b"},"fields":{"v":1},"time":5}""",
        ];
        return
        [
            .. Enumerable.Range(0, Sensors.Length).SelectMany(
                how => payloads.Select(payload => (byte[])[(byte)how, .. Text(payload)])),
        ];
    }

    private static byte[][] SparkplugPayloads() =>
    [
        SparkplugBytes.Payload(
            1_700_000_000_000, 0,
            SparkplugBytes.Metric("bdSeq", 8, SparkplugBytes.Long(1)),
            SparkplugBytes.Metric("speed", 3, SparkplugBytes.Int(-5), alias: 7),
            SparkplugBytes.Metric("name", 12, SparkplugBytes.Text("å"))),
        SparkplugBytes.Payload(
            1_700_000_000_001, 1,
            SparkplugBytes.Metric(null, null, SparkplugBytes.Double(1.5), alias: 7, timestamp: 9),
            SparkplugBytes.Metric(
                "t", 19, SparkplugBytes.Template(SparkplugBytes.Metric("a", 10, SparkplugBytes.Float(1))))),
    ];

    private static byte[][] Answers()
    {
        Schema plain = new(
            [
                new Apache.Arrow.Field("n", Int64Type.Default, true),
                new Apache.Arrow.Field("s", StringType.Default, true),
                new Apache.Arrow.Field("b", BinaryType.Default, true),
                new Apache.Arrow.Field("t", BooleanType.Default, true),
            ],
            null);
        RecordBatch rows = new(
            plain,
            [
                new Int64Array.Builder().Append(7).AppendNull().Append(9).Build(),
                new StringArray.Builder().Append("a text of some length").AppendNull().Append("x").Build(),
                new BinaryArray.Builder().Append([1, 2, 3]).Append([]).AppendNull().Build(),
                new BooleanArray.Builder().Append(true).Append(false).AppendNull().Build(),
            ],
            3);
        ListArray.Builder lists = new(DoubleType.Default);
        lists.Append();
        ((DoubleArray.Builder)lists.ValueBuilder).Append(1.5).Append(2);
        lists.Append();
        ListArray nested = lists.Build();
        Schema deep = new([new Apache.Arrow.Field("l", nested.Data.DataType, true)], null);
        return
        [
            Answer(plain, rows), Answer(deep, new RecordBatch(deep, [nested], 2)), Answer(plain),
        ];
    }

    private static byte[] Answer(Schema schema, params RecordBatch[] batches) =>
        Unpacked(EdgeMessages.EncodeAsync(
            new FreshAnswer
            {
                Columns = [new Model.Column("host", ColumnRole.Tag, FieldType.String)],
                Days = [new Day(1), new Day(-2)],
                Incomplete = [(new Day(5), "why")],
                Schema = schema,
                Batches = batches,
            },
            CancellationToken.None).GetAwaiter().GetResult());

    private static byte[][] ClusterTalk() => [.. Talks().Select(talk => (byte[])[.. Preface(), .. talk])];

    private static IEnumerable<byte[]> Talks()
    {
        yield return Frame<TalkRequest>(new TalkRequest.Probe());
        yield return Frame<TalkReply>(
            new TalkReply.Joined(Cluster, [.. Shipments.Founded(3, 2).Members]));
        yield return Frame<TalkReply>(new TalkReply.Failed(ErrorKind.Conflict, "why"));
    }

    private static byte[] Frame<T>(T message)
    {
        using MemoryStream stream = new();
        TalkFrame.WriteAsync(stream, message, CancellationToken.None).GetAwaiter().GetResult();
        return stream.ToArray();
    }

    private static byte[] Preface()
    {
        byte[] address = Text("n1:7070");
        byte[] bytes = [.. "TSDBCLUS"u8, ClusterPreface.Version, 1, .. new byte[32], (byte)address.Length];
        return [.. bytes, .. address];
    }

    /// <summary>What is changed lies behind the compression, or nothing would come through.</summary>
    private static byte[] Packed(byte[] bytes)
    {
        using Compressor zstd = new(1);
        return zstd.Wrap(bytes).ToArray();
    }

    private static byte[] Unpacked(byte[] bytes)
    {
        using Decompressor zstd = new();
        return zstd.Unwrap(bytes).ToArray();
    }
}
