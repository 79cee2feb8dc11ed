using System.IO.Pipelines;
using Apache.Arrow;

namespace TsDb.Adapters.Http.Results;

/// <summary>An array of objects in column order, or one object a line.</summary>
internal sealed class JsonResult : ResultWriter
{
    private readonly bool _isLines;
    private readonly CellWriter[] _cells;

    // What stands in front of each value: the brace or comma, and the name.
    private readonly byte[][] _prefixes;

    public JsonResult(Schema schema, bool isLines)
    {
        _isLines = isLines;
        string[] names = ResultNames.Distinct(schema);
        _cells = [.. schema.FieldsList.Select(field => Cells.For(field.Name, field.DataType))];
        _prefixes =
            [.. names.Select((name, i) => (byte[])[(byte)(i == 0 ? '{' : ','), .. Cells.NamePrefix(name)])];
    }

    public override string ContentType => _isLines ? "application/jsonl" : "application/json";

    public override async Task WriteAsync(
        IAsyncEnumerable<RecordBatch> batches, PipeWriter to, CancellationToken ct)
    {
        Utf8Buffer text = new();
        bool isFirst = true;
        if (!_isLines) text.Append('[');
        await foreach (RecordBatch batch in batches.WithCancellation(ct))
        {
            using (batch) Append(batch, text, ref isFirst);
            await to.WriteAsync(text.Written, ct);
            text.Clear();
        }

        if (!_isLines) text.Append(']');
        await to.WriteAsync(text.Written, ct);
    }

    private void Append(RecordBatch batch, Utf8Buffer to, ref bool isFirst)
    {
        for (int i = 0; i < _cells.Length; i++) _cells[i].Bind(batch.Column(i));
        for (int row = 0; row < batch.Length; row++)
        {
            if (!isFirst && !_isLines) to.Append(',');
            isFirst = false;
            for (int i = 0; i < _cells.Length; i++)
            {
                to.Append(_prefixes[i]);
                Cells.WriteJson(_cells[i], row, to);
            }

            to.Append('}');
            if (_isLines) to.Append('\n');
        }
    }
}
