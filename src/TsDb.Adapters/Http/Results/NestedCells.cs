using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Query.Direct;

namespace TsDb.Adapters.Http.Results;

/// <summary>Lists, as arrays of JSON.</summary>
internal sealed class ListCell(CellWriter element) : CellWriter
{
    public override void Bind(IArrowArray array)
    {
        base.Bind(array);
        element.Bind(((ListArray)array).Values);
    }

    public override void WriteJson(int row, Utf8Buffer to)
    {
        ReadOnlySpan<int> offsets = ((ListArray)Array).ValueOffsets;
        to.Append('[');
        for (int i = offsets[row]; i < offsets[row + 1]; i++)
        {
            if (i > offsets[row]) to.Append(',');
            Cells.WriteJson(element, i, to);
        }

        to.Append(']');
    }
}

/// <summary>Lists of one length, as arrays of JSON.</summary>
internal sealed class FixedListCell(CellWriter element, int length) : CellWriter
{
    public override void Bind(IArrowArray array)
    {
        base.Bind(array);
        element.Bind(((FixedSizeListArray)array).Values);
    }

    public override void WriteJson(int row, Utf8Buffer to)
    {
        int first = (Array.Data.Offset + row) * length;
        to.Append('[');
        for (int i = first; i < first + length; i++)
        {
            if (i > first) to.Append(',');
            Cells.WriteJson(element, i, to);
        }

        to.Append(']');
    }
}

/// <summary>Structs, as objects of JSON.</summary>
internal sealed class StructCell(StructType type, CellWriter[] members) : CellWriter
{
    private readonly byte[][] _names = [.. type.Fields.Select(field => Cells.NamePrefix(field.Name))];

    public override void Bind(IArrowArray array)
    {
        base.Bind(array);
        for (int i = 0; i < members.Length; i++) members[i].Bind(((StructArray)array).Fields[i]);
    }

    public override void WriteJson(int row, Utf8Buffer to)
    {
        to.Append('{');
        for (int i = 0; i < members.Length; i++)
        {
            if (i > 0) to.Append(',');
            to.Append(_names[i]);
            Cells.WriteJson(members[i], row, to);
        }

        to.Append('}');
    }
}

/// <summary>Values of a dictionary, such as an ENUM's.</summary>
internal sealed class DictionaryCell(CellWriter value) : CellWriter
{
    public override bool IsText => value.IsText;

    public override void Bind(IArrowArray array)
    {
        base.Bind(array);
        value.Bind(((DictionaryArray)array).Dictionary);
    }

    public override void WriteJson(int row, Utf8Buffer to) => value.WriteJson(Index(row), to);

    public override void WritePlain(int row, Utf8Buffer to) => value.WritePlain(Index(row), to);

    private int Index(int row) => ((DictionaryArray)Array).Indices switch
    {
        UInt8Array codes => codes.Values[row],
        UInt16Array codes => codes.Values[row],
        UInt32Array codes => checked((int)codes.Values[row]),
        Int8Array codes => codes.Values[row],
        Int16Array codes => codes.Values[row],
        Int32Array codes => codes.Values[row],
        IArrowArray codes =>
            throw new InvalidOperationException($"dictionary codes of type {codes.Data.DataType.Name}"),
    };
}

/// <summary>A column without a type: always null.</summary>
internal sealed class NullCell : CellWriter
{
    public override bool IsNull(int row) => true;

    public override void WriteJson(int row, Utf8Buffer to) => to.Append("null"u8);
}

/// <summary>Which writer a column needs.</summary>
internal static class Cells
{
    /// <summary>
    /// The writer of a column. Throws <see cref="Model.ErrorKind.Invalid"/> for types that have no text form.
    /// </summary>
    public static CellWriter For(string column, IArrowType type) => type switch
    {
        NullType => new NullCell(),
        BooleanType => new BooleanCell(),
        Int8Type => new IntegerCell<sbyte>(),
        Int16Type => new IntegerCell<short>(),
        Int32Type => new IntegerCell<int>(),
        Int64Type => new IntegerCell<long>(),
        UInt8Type => new IntegerCell<byte>(),
        UInt16Type => new IntegerCell<ushort>(),
        UInt32Type => new IntegerCell<uint>(),
        UInt64Type => new IntegerCell<ulong>(),
        FloatType => new FloatCell<float>(),
        DoubleType => new FloatCell<double>(),
        Decimal128Type value => new DecimalCell(value.Scale),
        TimestampType value => new TimestampCell(UnitsPerSecond(value.Unit)),
        Date32Type => new DateCell(),
        Time64Type { Unit: TimeUnit.Microsecond } => new ClockCell(),
        IntervalType { Unit: IntervalUnit.MonthDayNanosecond } => new IntervalCell(),
        StringType => new StringCell(),
        RunEndEncodedType when TextRuns.IsRuns(type) => new StringCell(),
        BinaryType => new BytesCell(),
        DictionaryType value => new DictionaryCell(For(column, value.ValueType)),
        StructType value =>
            new StructCell(value, [.. value.Fields.Select(field => For(column, field.DataType))]),
        FixedSizeListType value => new FixedListCell(For(column, value.ValueDataType), value.ListSize),
        ListType value => new ListCell(For(column, value.ValueDataType)),
        MapType value => new ListCell(For(column, value.Fields[0].DataType)),
        _ => throw new Model.TsDbException(
            Model.ErrorKind.Invalid,
            $"column {column} is of type {type.Name}, which has no text form: cast it to VARCHAR"),
    };

    /// <summary>Writes the value or null.</summary>
    public static void WriteJson(CellWriter cell, int row, Utf8Buffer to)
    {
        if (cell.IsNull(row)) to.Append("null"u8);
        else cell.WriteJson(row, to);
    }

    /// <summary>A name as it stands in front of a value, <c>"name":</c>.</summary>
    public static byte[] NamePrefix(string name)
    {
        Utf8Buffer text = new();
        StringCell.AppendQuoted(text, Encoding.UTF8.GetBytes(name));
        text.Append(':');
        return text.Written.ToArray();
    }

    private static long UnitsPerSecond(TimeUnit unit) => unit switch
    {
        TimeUnit.Second => 1,
        TimeUnit.Millisecond => 1_000,
        TimeUnit.Microsecond => 1_000_000,
        _ => 1_000_000_000,
    };
}
