using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Model;

namespace TsDb.Adapters.DuckDb;

/// <summary>Which type of DuckDB an Arrow column becomes, and how its values get there.</summary>
internal static unsafe class ArrowTypes
{
    /// <summary>VARCHAR in duckdb.h.</summary>
    public const int Varchar = 17;

    /// <summary>BIGINT in duckdb.h.</summary>
    public const int BigInt = 5;

    private const int Integer = 4;
    private const int HugeInt = 16;
    private const int HugeIntDigits = 38;

    /// <summary>
    /// A new logical type; the caller destroys it. Throws <see cref="ErrorKind.Invalid"/> for what has none.
    /// </summary>
    public static nint LogicalType(IArrowType type) => type switch
    {
        // HUGEINT leaves DuckDB as decimal(38, 0), and comes back as what it was: sums of it must not
        // overflow early.
        Decimal128Type { Scale: 0, Precision: HugeIntDigits } => DuckDbNative.CreateLogicalType(HugeInt),
        Decimal128Type value => DuckDbNative.CreateDecimalType((byte)value.Precision, (byte)value.Scale),
        ListType list => WithElement(list.ValueDataType),
        StructType value => Struct(value),
        DictionaryType dictionary => LogicalType(dictionary.ValueType),
        _ => DuckDbNative.CreateLogicalType(SimpleType(type)),
    };

    /// <summary>The feed of one array.</summary>
    public static ColumnFeed Feed(ArrayData data) => data.DataType switch
    {
        NullType => NullFeed.Instance,
        BooleanType => new BooleanFeed(data),
        StringType or BinaryType => new TextFeed(data),
        DictionaryType { IndexType: Int32Type } =>
            new IndexedTextFeed(data, new StringTable(data.Dictionary)),
        Decimal128Type value => new DecimalFeed(data, DecimalBytes(value)),
        IntervalType => new IntervalFeed(data),
        ListType => new ListFeed(data, Feed(data.Children[0])),
        StructType => new StructFeed(data, [.. data.Children.Select(Feed)]),
        FixedWidthType value => new FixedFeed(data, value.BitWidth / 8),
        _ => throw Unsupported(data.DataType),
    };

    private static int SimpleType(IArrowType type) => type switch
    {
        BooleanType => 1,
        Int8Type => 2,
        Int16Type => 3,
        Int32Type or NullType => Integer,
        Int64Type => BigInt,
        UInt8Type => 6,
        UInt16Type => 7,
        UInt32Type => 8,
        UInt64Type => 9,
        FloatType => 10,
        DoubleType => 11,
        Date32Type => 13,
        Time64Type { Unit: TimeUnit.Microsecond } => 14,
        IntervalType { Unit: IntervalUnit.MonthDayNanosecond } => 15,
        StringType => Varchar,
        BinaryType => 18,
        TimestampType { Unit: TimeUnit.Second } => 20,
        TimestampType { Unit: TimeUnit.Millisecond } => 21,
        TimestampType { Unit: TimeUnit.Nanosecond } => 22,
        TimestampType { Timezone: null or "" } => 12,
        TimestampType => 31,
        _ => throw Unsupported(type),
    };

    // duckdb.h: decimals of up to 4, 9, 18 and 38 digits have 2, 4, 8 and 16 bytes.
    private static int DecimalBytes(Decimal128Type type) => type.Precision switch
    {
        <= 4 => 2,
        <= 9 => 4,
        <= 18 => 8,
        _ => 16,
    };

    private static nint WithElement(IArrowType element)
    {
        nint type = LogicalType(element);
        nint list = DuckDbNative.CreateListType(type);
        DuckDbNative.DestroyLogicalType(ref type);
        return list;
    }

    private static nint Struct(StructType type)
    {
        nint[] members = [.. type.Fields.Select(field => LogicalType(field.DataType))];
        byte[][] names = [.. type.Fields.Select(field => Encoding.UTF8.GetBytes(field.Name + "\0"))];
        GCHandle[] pins = [.. names.Select(name => GCHandle.Alloc(name, GCHandleType.Pinned))];
        nint[] pointers = [.. pins.Select(pin => pin.AddrOfPinnedObject())];
        try
        {
            fixed (nint* first = members)
            fixed (nint* firstName = pointers)
                return DuckDbNative.CreateStructType(first, (byte**)firstName, (ulong)members.Length);
        }
        finally
        {
            foreach (GCHandle pin in pins) pin.Free();
            for (int i = 0; i < members.Length; i++) DuckDbNative.DestroyLogicalType(ref members[i]);
        }
    }

    private static TsDbException Unsupported(IArrowType type) =>
        new(ErrorKind.Invalid, $"a column of type {type.Name} cannot be handed on to the query engine");
}
