using CsCheck;
using TsDb.Model;

namespace TsDb.Tests.Columnar;

/// <summary>
/// Random points: few series and times so that keys repeat, every field type, the values that hurt.
/// </summary>
public static class GenPoints
{
    public static readonly (string Name, FieldType Type)[] Fields =
    [
        ("f", FieldType.Float64), ("i", FieldType.Int64), ("u", FieldType.UInt64), ("b", FieldType.Boolean),
        ("s", FieldType.String), ("dec", FieldType.Float64),
    ];

    private static readonly string[] TagNames = ["host", "region", "ü"];

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf("a", "b", "A", "ä", "é", "日本", "😀", "a\0b", "x y", "\"", "\uffff", "\U0001F600z"),
        Gen.OneOf("reactor", "reactor\0", "reactor-7", "reactor-71"),
        Gen.String[Gen.Char.AlphaNumeric, 1, 20]);

    public static readonly Gen<double> Double = Gen.OneOf(
        Gen.OneOf(
            0.0, -0.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue,
            double.Epsilon, -double.Epsilon, 0.1, 21.37, 1e-15,
            9007199254740991, 9007199254740992, 9007199254740994, -9007199254740993,
            2.2250738585072009E-308, BitConverter.Int64BitsToDouble(0x7ff8000000000001)),
        Gen.Double, Gen.Int[-100000, 100000].Select(k => k / 100.0));

    private static readonly Gen<object> Value = Gen.Int[0, 5].SelectMany(kind => kind switch
    {
        0 => Double.Select(v => (object)v),
        1 => Gen.OneOf(Gen.Long, Gen.Long[-5, 5], Gen.OneOf(long.MinValue, long.MaxValue))
            .Select(v => (object)v),
        2 => Gen.OneOf(Gen.ULong, Gen.OneOf(ulong.MaxValue, 0ul)).Select(v => (object)v),
        3 => Gen.Bool.Select(v => (object)v),
        4 => Gen.OneOf(Text, Gen.Const("")).Select(v => (object)v),
        _ => Gen.Int[-100000, 100000].Select(k => (object)(k / 100.0)),
    });

    /// <summary>Points whose times lie in <paramref name="times"/>.</summary>
    public static Gen<ModelPoint> Point(Gen<long> times) => Gen.Select(
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool), Gen.OneOf("a", "b", "日本", "B"), Text, times,
        Value.Array[1, 6],
        (which, value, other, time, values) =>
        {
            Dictionary<string, string> tags = [];
            if (which.Item1) tags[TagNames[0]] = value;
            if (which.Item2) tags[TagNames[1]] = other;
            if (which.Item3) tags[TagNames[2]] = value;
            Dictionary<string, object> fields = [];
            foreach (object v in values)
            {
                int at = Array.FindIndex(Fields, f => TypeOf(v) == f.Type);
                bool isCents = v is double d and not 0 and > -1001 and < 1001 && d * 100 % 1 == 0;
                fields[Fields[isCents ? 5 : at].Name] = v;
            }

            return new ModelPoint(tags, time, fields);
        });

    private static FieldType TypeOf(object value) => value switch
    {
        double => FieldType.Float64,
        long => FieldType.Int64,
        ulong => FieldType.UInt64,
        bool => FieldType.Boolean,
        _ => FieldType.String,
    };
}
