using TsDb.Codec.LineProtocol;
using TsDb.Model;

namespace TsDb.Cli.Writing;

/// <summary>
/// Cuts a stream of line protocol into requests at the ends of points: a text may hold line feeds, so the
/// reader of the
/// format decides where a line ends. Memory is bounded by the size of one request.
/// </summary>
internal sealed class LineBatches(Stream input, int linesMax, int bytesMax)
{
    private byte[] _buffer = new byte[bytesMax];
    private int _start;
    private int _end;
    private bool _ended;

    /// <summary>
    /// The next whole lines, at least one, valid until the next call; empty at the end. Throws
    /// <see cref="ErrorKind.TooLarge"/> for a single line that is longer than a request may be.
    /// </summary>
    public async ValueTask<LineBatch> NextAsync(CancellationToken ct)
    {
        while (true)
        {
            LineBatch whole = TakeWhole();
            if (whole.LineCount > 0 || (_ended && _start == _end)) return whole;
            if (_start == 0 && _end == _buffer.Length)
            {
                throw new TsDbException(
                    ErrorKind.TooLarge,
                        $"a line is longer than {bytesMax} bytes, the most that one request carries");
            }

            await FillAsync(ct);
        }
    }

    /// <summary>Takes lines whose end is certain: behind them is another byte, or the end of the
    /// stream.</summary>
    private LineBatch TakeWhole()
    {
        ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
        bool isFull = _start == 0 && _end == _buffer.Length;
        if (!_ended && !isFull && rest.Length < _buffer.Length / 2) return default;
        LineReader reader = new(rest);
        int lines = 0, taken = 0;
        while (lines < linesMax && reader.NextLine())
        {
            reader.SkipLine();
            if (reader.Offset == rest.Length && !_ended) break;
            lines++;
            taken = reader.Offset;
        }

        if (_ended && lines < linesMax) taken = rest.Length;
        LineBatch batch = new(_buffer.AsMemory(_start, taken), lines);
        _start += taken;
        return batch;
    }

    private async ValueTask FillAsync(CancellationToken ct)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < _buffer.Length && !_ended)
        {
            int read = await input.ReadAsync(_buffer.AsMemory(_end), ct);
            _end += read;
            _ended = read == 0;
        }
    }
}
