using Apache.Arrow;

namespace TsDb.Adapters.Http.Results;

/// <summary>Some columns of a batch that stand side by side, as members of JSON objects.</summary>
internal abstract class JsonMembers
{
    /// <summary>Goes on with the next batch.</summary>
    public abstract void Bind(RecordBatch batch);

    /// <summary>Adds the members of a row, each with what stands in front of it.</summary>
    public abstract void Append(int row, Utf8Buffer to);

    /// <summary>All columns, texts that stand side by side together.</summary>
    /// <param name="cells">The columns' writers.</param>
    /// <param name="prefixes">What stands in front of each value: the brace or comma, and the name.</param>
    public static JsonMembers[] Of(CellWriter[] cells, byte[][] prefixes)
    {
        List<JsonMembers> all = [];
        for (int i = 0; i < cells.Length;)
        {
            int end = i;
            while (end < cells.Length && cells[end] is StringCell) end++;
            if (end == i)
            {
                all.Add(new One(i, cells[i], prefixes[i]));
                i++;
                continue;
            }

            all.Add(new Texts(i, [.. cells[i..end].Cast<StringCell>()], prefixes[i..end]));
            i = end;
        }

        return [.. all];
    }

    private sealed class One(int column, CellWriter cell, byte[] prefix) : JsonMembers
    {
        public override void Bind(RecordBatch batch) => cell.Bind(batch.Column(column));

        public override void Append(int row, Utf8Buffer to) => cell.WriteMember(prefix, row, to);
    }

    // Rows of one series lie together and have the same tags: what the row before said is said again.
    private sealed class Texts(int first, StringCell[] cells, byte[][] prefixes) : JsonMembers
    {
        private const int BytesStart = 512;

        private readonly Utf8Buffer _last = new(BytesStart);
        private bool[] _changes = [];

        public override void Bind(RecordBatch batch)
        {
            if (_changes.Length < batch.Length) _changes = new bool[batch.Length];
            Span<bool> changes = _changes.AsSpan(0, batch.Length);
            changes.Clear();
            for (int i = 0; i < cells.Length; i++)
            {
                cells[i].Bind(batch.Column(first + i));
                if (batch.Length > 0) cells[i].MarkChanges(changes);
            }
        }

        public override void Append(int row, Utf8Buffer to)
        {
            if (_changes[row])
            {
                _last.Clear();
                for (int i = 0; i < cells.Length; i++) cells[i].WriteMember(prefixes[i], row, _last);
            }

            to.Append(_last.Written.Span);
        }
    }
}
