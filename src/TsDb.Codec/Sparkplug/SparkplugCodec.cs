using Google.Protobuf;
using Google.Protobuf.Collections;
using TsDb.Codec.Sparkplug.Wire;
using TsDb.Model;

namespace TsDb.Codec.Sparkplug;

/// <summary>Sparkplug B payloads to nouns, and the one command that an edge sends.</summary>
public static class SparkplugCodec
{
    /// <summary>The most metrics of a payload, those inside templates included.</summary>
    public const int MetricsMax = 50_000;

    private const string RebirthMetric = "Node Control/Rebirth";
    private const int TemplatesDeepMax = 8;

    private static readonly MessageParser<WirePayload> Parser =
        WirePayload.Parser.WithDiscardUnknownFields(true);

    /// <summary>
    /// Reads a payload; throws <see cref="ErrorKind.Invalid"/> if it is not one, <see
    /// cref="ErrorKind.TooLarge"/> beyond <see cref="MetricsMax"/>.
    /// </summary>
    public static SparkplugPayload Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            WirePayload wire = Parser.ParseFrom(payload);
            int left = MetricsMax;
            return new SparkplugPayload(
                wire.HasTimestamp ? wire.Timestamp : null,
                wire.HasSeq ? wire.Seq : null,
                Metrics(wire.Metrics, depth: 0, ref left));
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"the payload is not Sparkplug B: {error.Message}", error);
        }
    }

    /// <summary>The command that asks a node to say again what it has.</summary>
    /// <param name="nowMilliseconds">The time, in milliseconds since the Unix epoch.</param>
    public static byte[] Rebirth(ulong nowMilliseconds)
    {
        WirePayload wire = new() { Timestamp = nowMilliseconds };
        wire.Metrics.Add(new WireMetric
        {
            Name = RebirthMetric,
            Timestamp = nowMilliseconds,
            Datatype = (uint)SparkplugDataType.Boolean,
            BooleanValue = true,
        });
        return wire.ToByteArray();
    }

    private static SparkplugMetric[] Metrics(
        RepeatedField<WireMetric> wires, int depth, ref int left)
    {
        left -= wires.Count;
        if (left < 0)
            throw new TsDbException(ErrorKind.TooLarge, $"a payload holds at most {MetricsMax} metrics");
        if (depth > TemplatesDeepMax)
            throw new TsDbException(ErrorKind.Invalid, $"templates nest deeper than {TemplatesDeepMax}");
        SparkplugMetric[] metrics = new SparkplugMetric[wires.Count];
        for (int i = 0; i < metrics.Length; i++)
        {
            WireMetric wire = wires[i];
            bool isTemplate = wire.ValueCase == WireMetric.ValueOneofCase.TemplateValue
                && !wire.TemplateValue.IsDefinition;
            metrics[i] = new SparkplugMetric
            {
                Name = wire.HasName && wire.Name.Length > 0 ? wire.Name : null,
                Alias = wire.HasAlias ? wire.Alias : null,
                TimestampMilliseconds = wire.HasTimestamp ? wire.Timestamp : null,
                DataType = (SparkplugDataType)wire.Datatype,
                IsTransient = wire.IsTransient,
                IsNull = wire.IsNull || wire.ValueCase == WireMetric.ValueOneofCase.None,
                Value = ValueOf(wire),
                Members = isTemplate ? Metrics(wire.TemplateValue.Metrics, depth + 1, ref left) : [],
            };
        }

        return metrics;
    }

    private static SparkplugValue ValueOf(WireMetric wire) => wire.ValueCase switch
    {
        WireMetric.ValueOneofCase.IntValue => new(wire.IntValue, null, SparkplugWireForm.Integer),
        WireMetric.ValueOneofCase.LongValue =>
            new(unchecked((long)wire.LongValue), null, SparkplugWireForm.Integer),
        WireMetric.ValueOneofCase.FloatValue =>
            new(BitConverter.DoubleToInt64Bits(wire.FloatValue), null, SparkplugWireForm.Floating),
        WireMetric.ValueOneofCase.DoubleValue =>
            new(BitConverter.DoubleToInt64Bits(wire.DoubleValue), null, SparkplugWireForm.Floating),
        WireMetric.ValueOneofCase.BooleanValue =>
            new(wire.BooleanValue ? 1 : 0, null, SparkplugWireForm.Boolean),
        WireMetric.ValueOneofCase.StringValue => new(0, wire.StringValue, SparkplugWireForm.Text),
        _ => default,
    };
}
