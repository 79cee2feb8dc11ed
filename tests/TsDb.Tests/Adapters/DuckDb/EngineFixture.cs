using System.Globalization;
using Apache.Arrow;
using TsDb.Adapters.DuckDb;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Ports;

namespace TsDb.Tests.Adapters.DuckDb;

/// <summary>The engine over a temporary folder.</summary>
public sealed class EngineFixture : IDisposable
{
    private readonly DuckDbParser _parser = new();

    public EngineFixture() => Engine = new DuckDbEngine(
        new DuckDbOptions { Directories = [System.IO.Path.Combine(Folder.Path, "segments")] }, _parser,
            TimeProvider.System);

    public SegmentFolder Folder { get; } = new();

    public DuckDbEngine Engine { get; }

    public static Relation.Points Points(
        TableSnapshot snapshot, string? name = null, ScanScope? scope = null, PointMask? mask = null) => new(
        name ?? snapshot.Table.Table,
        TypeResolver.Resolve(
            snapshot.Table,
            snapshot.Segments.SelectMany(s => s.Manifest.Tags.Concat(s.Manifest.Fields))
                .Concat(snapshot.Hot?.Batches.SelectMany(Columns) ?? [])),
        snapshot,
        mask ?? PointMask.None,
        scope ?? ScanScope.All);

    public async Task<string> AskAsync(string sql, params Relation[] relations)
    {
        SqlRequest request = new() { Sql = sql, Relations = relations };
        await using ISqlResult result = await Engine.ExecuteAsync(request, CancellationToken.None);
        return await ReadAsync(result);
    }

    /// <summary>Rows as lines, values between '|'.</summary>
    public static async Task<string> ReadAsync(ISqlResult result)
    {
        List<string> lines = [];
        await foreach (RecordBatch batch in result.ReadAsync(CancellationToken.None))
        {
            using (batch)
            {
                for (int row = 0; row < batch.Length; row++)
                    lines.Add(string.Join('|', batch.Arrays.Select(array => Text(array, row))));
            }
        }

        return string.Join('\n', lines);
    }

    public void Dispose()
    {
        Engine.Dispose();
        _parser.Dispose();
        Folder.Dispose();
    }

    private static IEnumerable<Model.Column> Columns(TableBatch batch) =>
        batch.Series.Schema.FieldsList.Select(f => new Model.Column(f.Name, ColumnRole.Tag, FieldType.String))
            .Concat(batch.Rows.Schema.FieldsList.Skip(TableBatch.FieldsStart).Select(f => new Model.Column(
                f.Name, ColumnRole.Field, f.DataType.TypeId switch
                {
                    Apache.Arrow.Types.ArrowTypeId.Double => FieldType.Float64,
                    Apache.Arrow.Types.ArrowTypeId.Int64 => FieldType.Int64,
                    Apache.Arrow.Types.ArrowTypeId.UInt64 => FieldType.UInt64,
                    Apache.Arrow.Types.ArrowTypeId.Boolean => FieldType.Boolean,
                    _ => FieldType.String,
                })));

    private static string Text(IArrowArray array, int row) => array.IsNull(row) ? "null" : array switch
    {
        StringArray a => a.GetString(row)!,
        DoubleArray a =>
            BitConverter.DoubleToInt64Bits(a.GetValue(row)!.Value) is var bits
                && double.IsNaN(a.GetValue(row)!.Value)
            ? $"NaN{bits:x}" : a.GetValue(row)!.Value.ToString("R", CultureInfo.InvariantCulture),
        TimestampArray a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        BooleanArray a => a.GetValue(row)!.Value ? "true" : "false",
        Decimal128Array a => a.GetSqlDecimal(row).ToString()!,
        Int64Array a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        Int32Array a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        UInt64Array a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        ListArray a =>
            "[" + string.Join(
                ',', Enumerable.Range(0, a.GetValueLength(row)).Select(
                    i => Text(a.GetSlicedValues(row), i))) + "]",
        _ => array.Data.DataType.Name,
    };
}
