using System.IO.Pipelines;
using System.Text;
using Apache.Arrow;

namespace TsDb.Adapters.Http.Results;

/// <summary>
/// A table for people. Columns are as wide as the first batch needs; wider values of later batches stick out,
/// so that memory stays bounded.
/// </summary>
internal sealed class PrettyResult : ResultWriter
{
    private readonly byte[][] _names;
    private readonly CellWriter[] _cells;

    public PrettyResult(Schema schema)
    {
        _names = [.. ResultNames.Distinct(schema).Select(Encoding.UTF8.GetBytes)];
        _cells = [.. schema.FieldsList.Select(field => Cells.For(field.Name, field.DataType))];
    }

    public override string ContentType => "text/plain; charset=utf-8";

    public override async Task WriteAsync(
        IAsyncEnumerable<RecordBatch> batches, PipeWriter to, CancellationToken ct)
    {
        using Utf8Buffer.Lease lease = Utf8Buffer.Rent();
        Utf8Buffer text = lease.Text;
        int[] widths = [.. _names.Select(name => Width(name))];
        bool hasHead = false;
        await foreach (RecordBatch batch in batches.WithCancellation(ct))
        {
            using (batch)
            {
                for (int i = 0; i < _cells.Length; i++) _cells[i].Bind(batch.Column(i));
                if (!hasHead) AppendHead(text, Widen(widths, batch.Length));
                hasHead = true;
                AppendRows(text, widths, batch.Length);
            }

            await to.WriteAsync(text.Written, ct);
            text.Clear();
        }

        if (!hasHead) AppendHead(text, widths);
        AppendRule(text, widths);
        await to.WriteAsync(text.Written, ct);
    }

    private static int Width(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetCharCount(utf8);

    private static void AppendRule(Utf8Buffer to, int[] widths)
    {
        foreach (int width in widths)
        {
            to.Append("+-"u8);
            for (int i = 0; i < width; i++) to.Append('-');
            to.Append('-');
        }

        to.Append("+\n"u8);
    }

    private static void AppendCell(Utf8Buffer to, ReadOnlySpan<byte> value, int width)
    {
        to.Append("| "u8);
        to.Append(value);
        for (int i = Width(value); i <= width; i++) to.Append(' ');
    }

    private int[] Widen(int[] widths, int rows)
    {
        Utf8Buffer value = new();
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < widths.Length; i++)
                widths[i] = Math.Max(widths[i], Width(Value(value, _cells[i], row)));
        }

        return widths;
    }

    private static ReadOnlySpan<byte> Value(Utf8Buffer value, CellWriter cell, int row)
    {
        value.Clear();
        if (!cell.IsAbsent(row)) cell.WritePlain(row, value);
        return value.Written.Span;
    }

    private void AppendHead(Utf8Buffer to, int[] widths)
    {
        AppendRule(to, widths);
        for (int i = 0; i < widths.Length; i++) AppendCell(to, _names[i], widths[i]);
        to.Append("|\n"u8);
        AppendRule(to, widths);
    }

    private void AppendRows(Utf8Buffer to, int[] widths, int rows)
    {
        Utf8Buffer value = new();
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < widths.Length; i++) AppendCell(to, Value(value, _cells[i], row), widths[i]);
            to.Append("|\n"u8);
        }
    }
}
