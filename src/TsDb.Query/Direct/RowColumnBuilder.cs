using System.Numerics;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar.Vectors;
using TsDb.Model;

namespace TsDb.Query.Direct;

/// <summary>One column of rows that are answered as they are.</summary>
internal abstract class RowColumnBuilder
{
    /// <summary>Adds rows of a block behind those before.</summary>
    public abstract void Add(RowBlock block, EdgeId edge, ReadOnlySpan<int> series, ReadOnlySpan<int> rows);

    /// <summary>The column.</summary>
    public abstract IArrowArray Build();

    /// <summary>A builder for so many rows.</summary>
    public static RowColumnBuilder For(DirectColumn column, IArrowType type, int length) =>
        column.Source switch
    {
        DirectSource.Time => new Times(type, length),
        DirectSource.Edge => new Edges(TextsFor(type, length)),
        DirectSource.Tag => new Tags(column.Name, TextsFor(type, length)),
        _ => column.Type switch
        {
            ResolvedType.BigInt => type switch
            {
                Int16Type => new Integers<short>(column.Name, type, length),
                Int32Type => new Integers<int>(column.Name, type, length),
                _ => new Integers<long>(column.Name, type, length),
            },
            ResolvedType.Double => new Doubles(column.Name, type, length),
            ResolvedType.UBigInt => new Unsigned(column.Name, type, length),
            ResolvedType.Boolean => new Booleans(column.Name, length),
            _ => new Texts(column.Name, length),
        },
    };

    private static ITextColumn TextsFor(IArrowType type, int length) =>
        TextRuns.IsRuns(type) ? new OutputRuns() : new OutputTexts(length);

    private sealed class Times(IArrowType type, int length) : RowColumnBuilder
    {
        private readonly long[] _times = new long[length];
        private int _count;

        public override void Add(
            RowBlock block, EdgeId edge, ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
        {
            ReadOnlySpan<long> times = block.Times;
            foreach (int row in rows) _times[_count++] = times[row];
        }

        public override IArrowArray Build() => OutputTimes.Build(type, _times);
    }

    private sealed class Edges(ITextColumn texts) : RowColumnBuilder
    {
        public override void Add(
            RowBlock block, EdgeId edge, ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
        {
            byte[] text = System.Text.Encoding.UTF8.GetBytes(edge.Value);
            texts.AppendRepeated(text, isNull: false, rows.Length);
        }

        public override IArrowArray Build() => texts.Build();
    }

    private sealed class Tags(string name, ITextColumn texts) : RowColumnBuilder
    {
        public override void Add(
            RowBlock block, EdgeId edge, ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
        {
            TagCodes? tag = block.Tag(name);
            for (int start = 0; start < series.Length;)
            {
                // Rows of one series mostly lie together.
                int end = start + series[start..].IndexOfAnyExcept(series[start]);
                if (end < start) end = series.Length;
                int code = tag is null ? TagCodes.Absent : tag.Codes[series[start]];
                bool isNull = code == TagCodes.Absent;
                texts.AppendRepeated(isNull ? default : tag!.Utf8(code), isNull, end - start);
                start = end;
            }
        }

        public override IArrowArray Build() => texts.Build();
    }

    // In as many bytes as the values of all inputs need, or more.
    private sealed class Integers<TOut>(string name, IArrowType type, int length) : RowColumnBuilder
        where TOut : unmanaged, IBinaryInteger<TOut>
    {
        private readonly OutputValues<TOut> _values = new(length);
        private int _count;

        public override void Add(
            RowBlock block, EdgeId edge, ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
        {
            Adding adding = new(this, rows);
            if (block.Field(name)?.Visit(ref adding) != true) _count += rows.Length;
        }

        public override IArrowArray Build() => _values.Build(type);

        private readonly ref struct Adding(Integers<TOut> column, ReadOnlySpan<int> rows) : IIntegerVisitor
        {
            private readonly ReadOnlySpan<int> _rows = rows;

            public void Visit<T>(NumberVector<T> integers)
                where T : struct, IBinaryInteger<T> => column.Add(integers, _rows);
        }

        private void Add<T>(NumberVector<T> vector, ReadOnlySpan<int> rows)
            where T : struct, IBinaryInteger<T>
        {
            if (Unsafe.SizeOf<T>() > Unsafe.SizeOf<TOut>())
                throw new System.Diagnostics.UnreachableException($"{name} holds more than was said of it");
            ReadOnlySpan<T> values = vector.Values;
            if (!vector.HasNulls)
            {
                Span<TOut> into = _values.SetAll(_count, rows.Length);
                for (int i = 0; i < rows.Length; i++) into[i] = TOut.CreateTruncating(values[rows[i]]);
                _count += rows.Length;
                return;
            }

            foreach (int row in rows)
            {
                if (vector.IsValid(row)) _values.Set(_count, TOut.CreateTruncating(values[row]));
                _count++;
            }
        }
    }

    private sealed class Doubles(string name, IArrowType type, int length) : RowColumnBuilder
    {
        private readonly OutputValues<double> _values = new(length);
        private int _count;

        public override void Add(
            RowBlock block, EdgeId edge, ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
        {
            NumberVector<double>? vector = (NumberVector<double>?)block.Field(name);
            if (vector is { HasNulls: false })
            {
                ReadOnlySpan<double> values = vector.Values;
                Span<double> into = _values.SetAll(_count, rows.Length);
                for (int i = 0; i < rows.Length; i++) into[i] = values[rows[i]];
                _count += rows.Length;
                return;
            }

            foreach (int row in rows)
            {
                if (vector is not null && vector.IsValid(row)) _values.Set(_count, vector.Values[row]);
                _count++;
            }
        }

        public override IArrowArray Build() => _values.Build(type);
    }

    private sealed class Unsigned(string name, IArrowType type, int length) : RowColumnBuilder
    {
        private readonly OutputValues<ulong> _values = new(length);
        private int _count;

        public override void Add(
            RowBlock block, EdgeId edge, ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
        {
            UInt64Array? array = (UInt64Array?)((ArrayVector?)block.Field(name))?.Array;
            foreach (int row in rows)
            {
                if (array is not null && array.IsValid(row)) _values.Set(_count, array.Values[row]);
                _count++;
            }
        }

        public override IArrowArray Build() => _values.Build(type);
    }

    private sealed class Booleans(string name, int length) : RowColumnBuilder
    {
        private readonly BooleanArray.Builder _values = new BooleanArray.Builder().Reserve(length);

        public override void Add(
            RowBlock block, EdgeId edge, ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
        {
            BooleanArray? array = (BooleanArray?)((ArrayVector?)block.Field(name))?.Array;
            foreach (int row in rows)
            {
                if (array?.GetValue(row) is { } value) _values.Append(value);
                else _values.AppendNull();
            }
        }

        public override IArrowArray Build() => _values.Build();
    }

    private sealed class Texts(string name, int length) : RowColumnBuilder
    {
        private readonly OutputTexts _texts = new(length);

        public override void Add(
            RowBlock block, EdgeId edge, ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
        {
            StringArray? array = (StringArray?)((ArrayVector?)block.Field(name))?.Array;
            foreach (int row in rows)
            {
                if (array is not null && array.IsValid(row)) _texts.Append(array.GetBytes(row));
                else _texts.AppendNull();
            }
        }

        public override IArrowArray Build() => _texts.Build();
    }
}
