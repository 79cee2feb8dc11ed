using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>A column as the file holds it.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Logical">What it is to the data model.</param>
/// <param name="Physical">Parquet's type.</param>
/// <param name="Scale">Of a double that is stored as a decimal: the number of digits behind the point; else
/// -1.</param>
internal sealed record FileColumn(string Name, Column Logical, PhysicalType Physical, int Scale)
{
    /// <summary>True for all but the time: a row may lack a value.</summary>
    public bool IsOptional => Logical.Role != ColumnRole.Time;

    /// <summary>The physical type of a logical one; doubles are doubles unless a scale is given.</summary>
    public static FileColumn Of(string name, Column logical, int scale = -1) =>
        new(name, logical, logical.Type switch
    {
        FieldType.Boolean => PhysicalType.Boolean,
        FieldType.String => PhysicalType.ByteArray,
        FieldType.Float64 when scale < 0 => PhysicalType.Double,
        _ => PhysicalType.Int64,
    }, scale);
}
