using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Apache.Arrow;

namespace TsDb.Adapters.Http.Results;

/// <summary>
/// CSV as RFC 4180 with a header line; lines end in LF. A null is an empty field, an empty text is <c>""</c>.
/// </summary>
internal sealed class CsvResult : ResultWriter
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("\",\r\n"u8);

    private readonly string[] _names;
    private readonly CellWriter[] _cells;

    public CsvResult(Schema schema)
    {
        _names = ResultNames.Distinct(schema);
        _cells = [.. schema.FieldsList.Select(field => Cells.For(field.Name, field.DataType))];
    }

    public override string ContentType => "text/csv; charset=utf-8";

    public override async Task WriteAsync(
        IAsyncEnumerable<RecordBatch> batches, PipeWriter to, CancellationToken ct)
    {
        using Utf8Buffer.Lease lease = Utf8Buffer.Rent();
        Utf8Buffer text = lease.Text;
        for (int i = 0; i < _names.Length; i++)
        {
            if (i > 0) text.Append(',');
            AppendField(text, Encoding.UTF8.GetBytes(_names[i]));
        }

        text.Append('\n');
        Utf8Buffer field = new();
        await foreach (RecordBatch batch in batches.WithCancellation(ct))
        {
            using (batch) Append(batch, text, field);
            await to.WriteAsync(text.Written, ct);
            text.Clear();
        }

        await to.WriteAsync(text.Written, ct);
    }

    private static void AppendField(Utf8Buffer to, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty && value.IndexOfAny(Special) < 0)
        {
            to.Append(value);
            return;
        }

        to.Append('"');
        for (int quote; (quote = value.IndexOf((byte)'"')) >= 0; value = value[(quote + 1)..])
        {
            to.Append(value[..quote]);
            to.Append("\"\""u8);
        }

        to.Append(value);
        to.Append('"');
    }

    private void Append(RecordBatch batch, Utf8Buffer to, Utf8Buffer field)
    {
        for (int i = 0; i < _cells.Length; i++) _cells[i].Bind(batch.Column(i));
        for (int row = 0; row < batch.Length; row++)
        {
            for (int i = 0; i < _cells.Length; i++)
            {
                if (i > 0) to.Append(',');
                if (_cells[i].IsAbsent(row)) continue;
                field.Clear();
                _cells[i].WritePlain(row, field);
                AppendField(to, field.Written.Span);
            }

            to.Append('\n');
        }
    }
}
