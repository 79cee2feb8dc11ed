using TsDb.Columnar.Vectors;

namespace TsDb.Query.Direct;

/// <summary>A field compared with a number. A row without a value does not pass.</summary>
/// <param name="Field">The field's logical name.</param>
/// <param name="Is">How it compares.</param>
/// <param name="Integer">The number for an integer field.</param>
/// <param name="Double">The number for a field of doubles.</param>
internal sealed record DirectNumberFilter(string Field, DirectComparison Is, long Integer, double Double)
{
    /// <summary>Keeps the rows that pass, in order; answers how many.</summary>
    public int Keep(RowBlock block, Span<int> rows)
    {
        ColumnVector? vector = block.Field(Field);
        if (vector is null) return 0;
        if (vector is NumberVector<double> doubles) return Keep(doubles, rows, new DoubleTest(Is, Double));
        Keeping keeping = new(this, rows);
        return vector.Visit(ref keeping)
            ? keeping.Kept
            : throw new InvalidOperationException($"{vector.GetType().Name} is not a column of numbers");
    }

    private static int Keep<T, TTest>(NumberVector<T> vector, Span<int> rows, TTest test)
        where T : struct, System.Numerics.INumber<T>
        where TTest : struct, ITest<T>
    {
        ReadOnlySpan<T> values = vector.Values;
        bool hasNulls = vector.HasNulls;
        int kept = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            rows[kept] = row;
            if (test.Passes(values[row]) && (!hasNulls || vector.IsValid(row))) kept++;
        }

        return kept;
    }

    private ref struct Keeping(DirectNumberFilter filter, Span<int> rows) : IIntegerVisitor
    {
        private readonly Span<int> _rows = rows;

        public int Kept { get; private set; }

        public void Visit<T>(NumberVector<T> integers)
            where T : struct, System.Numerics.IBinaryInteger<T> =>
            Kept = DirectNumberFilter.Keep(
                integers, _rows, new IntegerTest<T>(filter.Is, filter.Integer));
    }

    private interface ITest<T>
    {
        bool Passes(T value);
    }

    private readonly struct IntegerTest<T>(DirectComparison comparison, long number) : ITest<T>
        where T : struct, System.Numerics.IBinaryInteger<T>
    {
        public bool Passes(T value)
        {
            long wide = long.CreateTruncating(value);
            return comparison switch
            {
                DirectComparison.Equal => wide == number,
                DirectComparison.Less => wide < number,
                DirectComparison.LessOrEqual => wide <= number,
                DirectComparison.Greater => wide > number,
                _ => wide >= number,
            };
        }
    }

    // The engine orders NaN behind every number.
    private readonly struct DoubleTest(DirectComparison comparison, double number) : ITest<double>
    {
        public bool Passes(double value) => comparison switch
        {
            DirectComparison.Equal => value == number,
            DirectComparison.Less => value < number,
            DirectComparison.LessOrEqual => value <= number,
            DirectComparison.Greater => value > number || double.IsNaN(value),
            _ => value >= number || double.IsNaN(value),
        };
    }
}
