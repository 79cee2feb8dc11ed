using System.Runtime.Intrinsics;
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
        for (int start = 0; start < cells.Length;)
        {
            int end = start + 1;
            Type kind = cells[start].GetType();
            while (end < cells.Length && cells[end].GetType() == kind) end++;
            if (cells[start] is StringCell)
                all.Add(new Texts(start, [.. cells[start..end].Cast<StringCell>()], prefixes[start..end]));
            else if (cells[start] is IntegerCell<long>)
                all.Add(new Integers(
                    start, [.. cells[start..end].Cast<IntegerCell<long>>()], prefixes[start..end]));
            else
                for (int i = start; i < end; i++) all.Add(new One(i, cells[i], prefixes[i]));
            start = end;
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
        private readonly Utf8Buffer _last = new();
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

    // Room for all is made once, and names are copied in one go, a few bytes too many.
    private sealed class Integers : JsonMembers
    {
        private readonly int _first;
        private readonly IntegerCell<long>[] _cells;
        private readonly byte[][] _prefixes;
        private readonly int[] _lengths;
        private readonly int _bytesMax;
        private bool _hasNulls;

        public Integers(int first, IntegerCell<long>[] cells, byte[][] prefixes)
        {
            (_first, _cells) = (first, cells);
            _lengths = [.. prefixes.Select(prefix => prefix.Length)];
            _prefixes = [.. prefixes.Select(prefix =>
            {
                byte[] padded = new byte[(prefix.Length + Vector256<byte>.Count - 1)
                    / Vector256<byte>.Count * Vector256<byte>.Count];
                prefix.CopyTo(padded, 0);
                return padded;
            })];
            _bytesMax = _prefixes.Sum(prefix => prefix.Length + NumberText.DigitsMax);
        }

        public override void Bind(RecordBatch batch)
        {
            _hasNulls = false;
            for (int i = 0; i < _cells.Length; i++)
            {
                _cells[i].Bind(batch.Column(_first + i));
                _hasNulls |= _cells[i].HasNulls;
            }
        }

        public override void Append(int row, Utf8Buffer to)
        {
            if (_hasNulls)
            {
                for (int i = 0; i < _cells.Length; i++)
                    _cells[i].WriteMember(_prefixes[i].AsSpan(0, _lengths[i]), row, to);
                return;
            }

            Span<byte> room = to.Room(_bytesMax);
            int at = 0;
            for (int i = 0; i < _cells.Length; i++)
            {
                byte[] prefix = _prefixes[i];
                if (prefix.Length == Vector256<byte>.Count) Vector256.Create(prefix).CopyTo(room[at..]);
                else prefix.CopyTo(room[at..]);
                at += _lengths[i];
                at += NumberText.Write(room[at..], _cells[i].Values[row]);
            }

            to.Advance(at);
        }
    }
}
