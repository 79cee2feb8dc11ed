using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar;
using TsDb.Model;
using Column = TsDb.Model.Column;

namespace TsDb.Storage.Hot;

/// <summary>The columns that a batch has, in the words of the model.</summary>
internal static class BatchColumns
{
    public static IEnumerable<Column> Of(TableBatch batch)
    {
        foreach (Field tag in batch.Series.Schema.FieldsList)
            yield return new Column(tag.Name, ColumnRole.Tag, FieldType.String);
        for (int i = TableBatch.FieldsStart; i < batch.Rows.ColumnCount; i++)
        {
            Field field = batch.Rows.Schema.GetFieldByIndex(i);
            yield return new Column(field.Name, ColumnRole.Field, TypeOf(batch.Table, field));
        }
    }

    /// <summary>
    /// Throws <see cref="ErrorKind.Invalid"/> unless every row names a series that is there: what is once in
    /// the log has to be readable.
    /// </summary>
    public static void RequireWhole(TableBatch batch)
    {
        uint count = (uint)batch.Series.Length;
        foreach (int series in batch.SeriesIndex)
        {
            if ((uint)series < count) continue;
            throw new TsDbException(
                ErrorKind.Invalid, $"a row of {batch.Table} names series {series} of {count}");
        }
    }

    private static FieldType TypeOf(TableId table, Field field) => field.DataType switch
    {
        DoubleType => FieldType.Float64,
        Int64Type => FieldType.Int64,
        UInt64Type => FieldType.UInt64,
        BooleanType => FieldType.Boolean,
        StringType => FieldType.String,
        _ => throw new TsDbException(
            ErrorKind.Invalid,
            $"column '{field.Name}' of {table} has type {field.DataType.Name}, which no field can have"),
    };
}
