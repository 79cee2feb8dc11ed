using System.Buffers;
using System.IO.Pipelines;
using Apache.Arrow;

namespace TsDb.Adapters.Http.Results;

/// <summary>An array of objects in column order, or one object a line.</summary>
internal sealed class JsonResult : ResultWriter
{
    // What goes into the pipe at a time: it stays in the processor's cache on its way.
    private const int PieceBytes = 48 * 1024;

    private readonly bool _isLines;
    private readonly JsonMembers[] _members;
    private bool _hasRows;

    public JsonResult(Schema schema, bool isLines)
    {
        _isLines = isLines;
        string[] names = ResultNames.Distinct(schema);
        _members = JsonMembers.Of(
            [.. schema.FieldsList.Select(field => Cells.For(field.Name, field.DataType))],
            [.. names.Select((name, i) => (byte[])[(byte)(i == 0 ? '{' : ','), .. Cells.NamePrefix(name)])]);
    }

    public override string ContentType => _isLines ? "application/jsonl" : "application/json";

    public override async Task WriteAsync(
        IAsyncEnumerable<RecordBatch> batches, PipeWriter to, CancellationToken ct)
    {
        using Utf8Buffer.Lease lease = Utf8Buffer.Rent();
        Utf8Buffer text = lease.Text;
        if (!_isLines) text.Append('[');
        await foreach (RecordBatch batch in batches.WithCancellation(ct))
        {
            using (batch)
            {
                foreach (JsonMembers members in _members) members.Bind(batch);
                for (int row = 0; row < batch.Length;)
                {
                    row = Append(row, batch.Length, text);
                    if (text.Length < PieceBytes) continue;
                    await to.WriteAsync(text.Written, ct);
                    text.Clear();
                }
            }
        }

        if (!_isLines) text.Append(']');
        to.Write(text.Written.Span);
    }

    // The first row that is not added: the end, or what begins the next piece.
    private int Append(int row, int end, Utf8Buffer to)
    {
        for (; row < end && to.Length < PieceBytes; row++)
        {
            if (_hasRows && !_isLines) to.Append(',');
            _hasRows = true;
            foreach (JsonMembers members in _members) members.Append(row, to);
            to.Append('}');
            if (_isLines) to.Append('\n');
        }

        return row;
    }
}
